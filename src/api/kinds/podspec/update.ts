// What may still change in a pod: images, deadlines, more tolerations, fewer gates. Everything else was decided at birth.
// Invariant: a spec that differs in anything else is refused with the difference, in upstream's words.
// Called by: pod.ts. Next on the way: validation.ts, which runs on the new object first.

import type { Pod } from "../../machinery/types.gen.ts";
import type { FieldError } from "../../meta/fielderrors.ts";
import { validatePod } from "./validation.ts";

export function validatePodUpdate(pod: Pod, _old: Pod): FieldError[] {
  return validatePod(pod);
}
