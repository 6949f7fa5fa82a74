// TaintToleration: a taint keeps pods away unless they tolerate it.
// Invariant: NoSchedule and NoExecute exclude; PreferNoSchedule only lowers the score. (Kubernetes: Taints and Tolerations)
// Called by: cycle.ts. Next on the way: the node lifecycle controller, which sets the taints that evict.

import { type Taint, tolerates } from "#api";
import { type NodeView, normalized, type Plugin, type PodView } from "../framework.ts";

const excludes = (taint: Taint): boolean => taint.effect === "NoSchedule" || taint.effect === "NoExecute";

function untolerated(pod: PodView, node: NodeView): readonly string[] | undefined {
  const bad = node.taints.find((taint) => excludes(taint) && !pod.tolerations.some((toleration) => tolerates(toleration, taint)));
  return bad ? ["node(s) had untolerated taint(s)"] : undefined;
}

/** Untolerated taints of the soft kind. */
function complaints(pod: PodView, node: NodeView): number {
  const soft = node.taints.filter((taint) => taint.effect === "PreferNoSchedule");
  return soft.filter((taint) => !pod.tolerations.some((toleration) => tolerates(toleration, taint))).length;
}

export const taintToleration: Plugin = {
  name: "TaintToleration",
  retryAfter: ["node added", "node changed", "pod changed"],
  weight: 3,
  // Most nodes have no taint at all.
  filter: (pod, node) => (node.taints.length === 0 ? undefined : untolerated(pod, node)),
  helpless: () => true,
  score: (pod, node) => (node.taints.length === 0 ? 0 : complaints(pod, node)),
  normalize: normalized.fromMost,
};
