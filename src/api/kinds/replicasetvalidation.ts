// Whether a ReplicaSet's selector and template fit together.
// Invariant: errors come in upstream's order with upstream's texts.
// Called by: replicaset.ts. Next on the way: templates.ts.

import type { ReplicaSet } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { nonNegative } from "./checks.ts";
import { immutableSelector, validateOwnedTemplate, validateSelector } from "./templates.ts";

export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  return [
    ...nonNegative("spec.replicas", spec?.replicas),
    ...nonNegative("spec.minReadySeconds", spec?.minReadySeconds),
    // Upstream says "deployment" here too.
    ...validateSelector(spec?.selector, "deployment"),
    ...validateOwnedTemplate(spec?.selector, spec?.template, "ReplicaSet"),
  ];
}

export function validateReplicaSetUpdate(replicaSet: ReplicaSet, old: ReplicaSet): FieldError[] {
  return [...validateReplicaSet(replicaSet), ...immutableSelector(replicaSet.spec?.selector, old.spec?.selector)];
}

export function validateReplicaSetStatus({ status }: ReplicaSet): FieldError[] {
  const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0, observedGeneration = 0 } = status ?? {};
  const values = { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas, observedGeneration };
  const errors = Object.entries(values).flatMap(([name, value]) => nonNegative(`status.${name}`, value));
  for (const [name, value] of Object.entries({ fullyLabeledReplicas, readyReplicas, availableReplicas })) {
    if (value > replicas) errors.push(fieldError.invalid(`status.${name}`, value, "cannot be greater than status.replicas"));
  }
  if (availableReplicas > readyReplicas) {
    errors.push(fieldError.invalid("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas"));
  }
  return errors;
}
