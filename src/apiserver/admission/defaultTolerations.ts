// A pod outlives five minutes of its node's silence, unless it says otherwise.
// Invariant: a toleration of the taint that is already there, however general, is left as it is.
// Called by: admission/step.ts. Next on the way: priority.ts.

import type { Pod, Toleration } from "#api";
import type { AdmissionStep } from "./step.ts";

const seconds = 300;
const taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || !key) && (effect === "NoExecute" || !effect);
}

export const defaultTolerations: AdmissionStep = {
  name: "DefaultTolerationSeconds",
  kinds: ["Pod"],
  async mutate({ operation, resource, subresource, object }) {
    if (operation === "DELETE" || resource.group !== "" || resource.kind !== "Pod" || subresource !== "" || !object) return;
    const { spec } = object as unknown as Pod;
    if (!spec) return;
    const given = spec.tolerations ?? [];
    const missing = taints.filter((taint) => !given.some((one) => tolerates(one, taint)));
    if (missing.length === 0) return;
    const added = missing.map((key): Toleration => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: seconds }));
    spec.tolerations = [...given, ...added];
  },
};
