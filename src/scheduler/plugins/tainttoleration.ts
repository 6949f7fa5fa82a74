// TaintToleration: a taint keeps pods away unless they tolerate it.
// Invariant: NoSchedule and NoExecute exclude; PreferNoSchedule only lowers the score. (Kubernetes: Taints and Tolerations)
// Called by: cycle.ts. Next on the way: the node lifecycle controller, which sets the taints that evict.

import { type Taint, tolerates } from "#api";
import { normalized, type Plugin } from "../framework.ts";

const excludes = (taint: Taint): boolean => taint.effect === "NoSchedule" || taint.effect === "NoExecute";

export const taintToleration: Plugin = {
  name: "TaintToleration",
  retryAfter: ["node added", "node changed", "pod changed"],
  weight: 3,
  filter(pod, node) {
    if (node.taints.length === 0) return undefined;
    const bad = node.taints.find((taint) => excludes(taint) && !pod.tolerations.some((toleration) => tolerates(toleration, taint)));
    return bad ? ["node(s) had untolerated taint(s)"] : undefined;
  },
  helpless: () => true,
  /** Untolerated taints of the soft kind. */
  score(pod, node) {
    if (node.taints.length === 0) return 0;
    const soft = node.taints.filter((taint) => taint.effect === "PreferNoSchedule");
    return soft.filter((taint) => !pod.tolerations.some((toleration) => tolerates(toleration, taint))).length;
  },
  normalize: normalized.fromMost,
};
