// A pod of a runtime class gets what the class says: its overhead, its node selector, its tolerations.
// Invariant: what a pod says itself must not contradict its class; a pod without a class brings no overhead.
// Called by: admission/step.ts. Next on the way: scheduler, which counts the overhead.

import { ApiError, type Pod, type RuntimeClass } from "#api";
import { own } from "#lib";
import { isDeepStrictEqual } from "node:util";
import type { AdmissionStep } from "./step.ts";

export const runtimeClass: AdmissionStep = {
  name: "RuntimeClass",
  kinds: ["Pod"],
  async mutate({ operation, resource, subresource, name, object, reader }) {
    if (operation !== "CREATE" || resource.group !== "" || resource.kind !== "Pod" || subresource !== "" || !object) return;
    const { spec } = object as unknown as Pod;
    const className = spec?.runtimeClassName ?? "";
    if (!spec || className === "") return;
    const refuse = (text: string): ApiError =>
      ApiError.forbidden({ group: "", resource: "pods" }, name || (object.metadata.generateName ?? ""), text);
    const found = (await reader.get("node.k8s.io", "runtimeclasses", "", className)) as unknown as RuntimeClass | undefined;
    if (!found) {
      throw refuse(`pod rejected: RuntimeClass ${JSON.stringify(className)} not found`);
    }
    const { overhead, scheduling } = found;
    if (overhead) {
      if (spec.overhead && !isDeepStrictEqual({ ...spec.overhead }, { ...overhead.podFixed })) {
        throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      }
      spec.overhead = { ...overhead.podFixed };
    }
    if (!scheduling) return;
    for (const [label, value] of Object.entries(scheduling.nodeSelector ?? {})) {
      const given = own(spec.nodeSelector, label);
      if (given !== undefined && given !== value) {
        throw refuse(`conflict: runtimeClass.scheduling.nodeSelector[${label}] = ${value}; pod.spec.nodeSelector[${label}] = ${given}`);
      }
      spec.nodeSelector = { ...spec.nodeSelector, [label]: value };
    }
    const tolerations = scheduling.tolerations ?? [];
    const missing = tolerations.filter((one) => !(spec.tolerations ?? []).some((had) => isDeepStrictEqual({ ...had }, { ...one })));
    if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing.map((one) => ({ ...one }))];
  },
};
