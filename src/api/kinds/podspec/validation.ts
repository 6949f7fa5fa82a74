// Whether a pod spec can run at all.
// Invariant: errors come in upstream's order with upstream's texts.
// Called by: pod.ts and every kind with a pod template. Next on the way: containers.ts, volumes.ts, probes.ts.

import type { Pod } from "../../machinery/types.gen.ts";
import type { FieldError } from "../../meta/fielderrors.ts";

export function validatePod(_pod: Pod): FieldError[] {
  return [];
}
