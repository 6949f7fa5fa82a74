// NodeResourcesFit: requests must fit into what the node has left; emptier nodes are better.
// Invariant: limits play no part, only requests; each resource that is short is a reason of its own.
// Called by: cycle.ts. Next on the way: message.ts, where "1 Insufficient cpu" ends up.

import type { NodeView, Plugin, PodView } from "../framework.ts";

const left = (node: NodeView, name: string): number => (node.allocatable.get(name) ?? 0) - (node.requested.get(name) ?? 0);

/** The same empty list for all that fit: a large cluster is asked thousands of times. */
const nothing: readonly string[] = [];

function shortages(pod: PodView, node: NodeView): readonly string[] {
  if (fits(pod, node)) return nothing;
  const short: string[] = [];
  if (node.podCount + 1 > (node.allocatable.get("pods") ?? 0)) short.push("Too many pods");
  for (const [name, wanted] of pod.requests) if (wanted > 0 && wanted > left(node, name)) short.push(`Insufficient ${name}`);
  return short;
}

function fits(pod: PodView, node: NodeView): boolean {
  if (node.podCount + 1 > (node.allocatable.get("pods") ?? 0)) return false;
  for (const [name, wanted] of pod.requests) if (wanted > 0 && wanted > left(node, name)) return false;
  return true;
}

/** Share of the resource that stays free with the pod on the node, 0 to 100. (upstream: LeastAllocated) */
function freeShare(pod: PodView, node: NodeView, name: string): number {
  const capacity = node.allocatable.get(name) ?? 0;
  if (capacity <= 0) return 0;
  const free = left(node, name) - (pod.requests.get(name) ?? 0);
  return free <= 0 ? 0 : (free / capacity) * 100;
}

export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  retryAfter: ["node added", "node changed", "pod removed"],
  filter(pod, node) {
    const short = shortages(pod, node);
    return short.length > 0 ? short : undefined;
  },
  /** What the node does not have at all, nobody can give back. */
  helpless(pod, node) {
    return [...pod.requests].some(([name, wanted]) => wanted > (node.allocatable.get(name) ?? 0));
  },
  score(pod, node) {
    // Pods without requests still spread: their number counts as a third resource.
    const spread = 1 - (node.podCount + 1) / Math.max(node.allocatable.get("pods") ?? 1, 1);
    return (freeShare(pod, node, "cpu") + freeShare(pod, node, "memory") + spread * 100) / 3;
  },
};
