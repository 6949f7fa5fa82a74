// NodeAffinity: nodeSelector and node affinity, required and preferred.
// Invariant: selector AND required terms must hold; terms are alternatives, expressions within one term all hold.
// Called by: cycle.ts. Next on the way: nodeports.ts.

import { type NodeFacts, nodeTermHolds, requiredNodeHolds } from "#api";
import { type NodeView, normalized, type Plugin } from "../framework.ts";

const facts = (node: NodeView): NodeFacts => ({ name: node.name, labels: node.node.metadata?.labels });

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  retryAfter: ["node added", "node changed", "pod changed"],
  weight: 2,
  concerns: ({ pod: { spec } }) => spec?.nodeSelector !== undefined || spec?.affinity?.nodeAffinity !== undefined,
  filter(pod, node) {
    return requiredNodeHolds(pod.pod.spec, facts(node)) ? undefined : ["node(s) didn't match Pod's node affinity/selector"];
  },
  helpless: () => true,
  score(pod, node) {
    const preferred = pod.pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce((sum, one) => sum + (nodeTermHolds(one.preference, facts(node)) ? one.weight : 0), 0);
  },
  normalize: normalized.toMost,
};
