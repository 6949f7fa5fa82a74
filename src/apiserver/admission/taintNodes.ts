// A new node takes no pods before somebody has seen it ready.
// Invariant: the taint is added on creation only; the node lifecycle controller takes it away.
// Called by: admission/step.ts. Next on the way: controllers/nodelifecycle.

import type { Node, Taint } from "#api";
import type { AdmissionStep } from "./step.ts";

const notReady: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

export const taintNodesByCondition: AdmissionStep = {
  name: "TaintNodesByCondition",
  kinds: ["Node"],
  async mutate({ operation, resource, subresource, object }) {
    if (operation !== "CREATE" || resource.group !== "" || resource.kind !== "Node" || subresource !== "" || !object) return;
    const spec = ((object as unknown as Node).spec ??= {});
    const given = spec.taints ?? [];
    if (given.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    spec.taints = [...given, { ...notReady }];
  },
};
