// Storage in use is not taken away: claims, volumes and classes of attributes are born with a finalizer that says so.
// Invariant: the finalizer is added once, at the end of those that were given; who takes it away are the protection controllers.
// Called by: admission/step.ts. Next on the way: controllers/storageprotection, which takes it off what nobody uses.

import { own } from "#lib";
import type { AdmissionStep } from "./step.ts";

const finalizers: Readonly<Record<string, string>> = {
  "/PersistentVolume": "kubernetes.io/pv-protection",
  "/PersistentVolumeClaim": "kubernetes.io/pvc-protection",
  "storage.k8s.io/VolumeAttributesClass": "kubernetes.io/vac-protection",
};

export const storageProtection: AdmissionStep = {
  name: "StorageObjectInUseProtection",
  async mutate({ operation, resource, subresource, object }) {
    if (operation !== "CREATE" || subresource !== "" || !object) return;
    const finalizer = own(finalizers, `${resource.group}/${resource.kind}`);
    const given = object.metadata.finalizers ?? [];
    if (finalizer !== undefined && !given.includes(finalizer)) object.metadata.finalizers = [...given, finalizer];
  },
};
