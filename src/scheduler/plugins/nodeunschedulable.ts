// NodeUnschedulable: a cordoned node takes no new pods, but for those that tolerate it.
// Invariant: `kubectl cordon` sets spec.unschedulable; the toleration is of node.kubernetes.io/unschedulable:NoSchedule.
// Called by: cycle.ts. Next on the way: tainttoleration.ts, the general form of the same idea.

import { tolerates } from "#api";
import type { Plugin } from "../framework.ts";

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  retryAfter: ["node added", "node changed"],
  filter(pod, node) {
    if (!node.node.spec?.unschedulable) return undefined;
    const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
    return pod.tolerations.some((toleration) => tolerates(toleration, taint)) ? undefined : ["node(s) were unschedulable"];
  },
  helpless: () => true,
};
