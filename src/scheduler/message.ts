// The words of a FailedScheduling event: each reason with its count, as people know it from kubectl describe.
// Invariant: texts are upstream's, since people search for them; reasons are sorted as text, so equal states give equal words.
// Called by: scheduler.ts. Next on the way: the Event and the PodScheduled condition.

import type { Rejection } from "./cycle.ts";

export function rejectionMessage(rejection: Rejection): string {
  if (rejection.evaluatedNodes === 0) return "no nodes available to schedule pods";
  const counted = [...rejection.reasons].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${rejection.evaluatedNodes} nodes are available: ${counted.join(", ")}.`;
}
