// Which finished Pods go when there are too many of them: those of Jobs long read would otherwise fill the store for ever.
// Invariant: pure; the evicted go first, then the oldest, and never more than what is above the threshold.
// Called by: podgc.ts. Next on the way: framework/act.ts.

import type { Pod } from "#api";
import type { Live } from "#client";
import { isPodTerminal } from "./pods.ts";

/** Upstream's --terminated-pod-gc-threshold. */
export const mostFinished = 12_500;

const isEvicted = ({ status }: Live<Pod>): boolean => status?.phase === "Failed" && status.reason === "Evicted";

function goesBefore(a: Live<Pod>, b: Live<Pod>): number {
  if (isEvicted(a) !== isEvicted(b)) return isEvicted(a) ? -1 : 1;
  const [first, second] = [a, b].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") || 0);
  return first! - second! || (a.metadata.name < b.metadata.name ? -1 : 1);
}

export function surplus(pods: readonly Live<Pod>[], threshold: number): readonly Live<Pod>[] {
  const finished = pods.filter(isPodTerminal);
  return finished.length > threshold ? finished.toSorted(goesBefore).slice(0, finished.length - threshold) : [];
}
