// The words of a FailedScheduling event: each reason with its count, as people know it from kubectl describe.
// Invariant: texts are upstream's, since people search for them; reasons are sorted as text, so equal states give equal words.
// Called by: scheduler.ts. Next on the way: the Event and the PodScheduled condition.

import type { Rejection } from "./cycle.ts";

/** `preemption`: why nobody could be evicted, when that was tried. */
export function rejectionMessage(rejection: Rejection, preemption?: string): string {
  if (rejection.evaluatedNodes === 0) return "no nodes available to schedule pods";
  const message = countedReasons(rejection.evaluatedNodes, rejection.reasons);
  return preemption === undefined ? message : `${message} no new claims to deallocate, preemption: ${preemption}`;
}

export function countedReasons(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${nodes} nodes are available: ${counted.join(", ")}.`;
}
