// Claims without a class get the default one; Ingresses likewise.
// Invariant: of several defaults the youngest wins, of equally young ones the first by name; nothing that was given is changed.
// Called by: admission/step.ts. Next on the way: resourceQuota.ts, which counts claims by class.

import type { ApiObject, Ingress, PersistentVolumeClaim } from "#api";
import { own } from "#lib";
import type { ObjectReader } from "../stages.ts";
import type { AdmissionStep } from "./step.ts";

async function defaultOf(
  reader: ObjectReader,
  group: string,
  resource: string,
  annotations: readonly string[],
): Promise<string | undefined> {
  const isDefault = ({ metadata }: ApiObject): boolean => annotations.some((one) => own(metadata.annotations, one) === "true");
  const found = (await reader.list(group, resource)).filter(isDefault);
  const made = ({ metadata }: ApiObject): string => metadata.creationTimestamp ?? "";
  const name = ({ metadata }: ApiObject): string => metadata.name ?? "";
  found.sort((a, b) => (made(a) === made(b) ? (name(a) < name(b) ? -1 : 1) : made(a) < made(b) ? 1 : -1));
  return found[0]?.metadata.name;
}

const storageDefaults = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

export const defaultStorageClass: AdmissionStep = {
  name: "DefaultStorageClass",
  kinds: ["PersistentVolumeClaim"],
  async mutate({ operation, resource, subresource, object, reader }) {
    if (operation !== "CREATE" || resource.group !== "" || resource.kind !== "PersistentVolumeClaim" || subresource !== "" || !object)
      return;
    const { spec, metadata } = object as unknown as PersistentVolumeClaim;
    if (!spec || spec.storageClassName !== undefined) return;
    if (own(metadata?.annotations, "volume.beta.kubernetes.io/storage-class") !== undefined) return;
    const name = await defaultOf(reader, "storage.k8s.io", "storageclasses", storageDefaults);
    if (name !== undefined) spec.storageClassName = name;
  },
};

export const defaultIngressClass: AdmissionStep = {
  name: "DefaultIngressClass",
  kinds: ["Ingress"],
  async mutate({ operation, resource, subresource, object, reader }) {
    if (operation !== "CREATE" || resource.group !== "networking.k8s.io" || resource.kind !== "Ingress" || subresource !== "" || !object)
      return;
    const { spec, metadata } = object as unknown as Ingress;
    if (!spec || spec.ingressClassName !== undefined) return;
    if (own(metadata?.annotations, "kubernetes.io/ingress.class") !== undefined) return;
    const name = await defaultOf(reader, "networking.k8s.io", "ingressclasses", ["ingressclass.kubernetes.io/is-default-class"]);
    if (name !== undefined) spec.ingressClassName = name;
  },
};
