// Whether a Deployment's numbers, selector, template and strategy fit together.
// Invariant: errors come in upstream's order with upstream's texts; a rolling update can always make a step.
// Called by: deployment.ts. Next on the way: templates.ts.

import type { Deployment, DeploymentSpec, DeploymentStatus } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isPercent } from "../meta/names.ts";
import { nameErrors, nonNegative } from "./checks.ts";
import { immutableSelector, validateOwnedTemplate, validateSelector } from "./templates.ts";

function intOrPercentErrors(field: string, value: number | string): FieldError[] {
  return typeof value === "number" ? nonNegative(field, value) : nameErrors(field, value, isPercent);
}

/** A percentage's own number, as upstream compares it with zero and with a hundred. */
function plainNumber(value: number | string): number {
  return typeof value === "number" ? value : Number.parseInt(value, 10) || 0;
}

function validateStrategy(strategy: NonNullable<DeploymentSpec["strategy"]>): FieldError[] {
  const field = "spec.strategy";
  const rolling = strategy.rollingUpdate;
  if (strategy.type === "Recreate") {
    return rolling ? [fieldError.forbidden(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")] : [];
  }
  if (strategy.type !== "RollingUpdate") {
    return [fieldError.notSupported(field, { Type: strategy.type ?? "", RollingUpdate: rolling ?? null }, ["Recreate", "RollingUpdate"])];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rolling ?? {};
  const path = `${field}.rollingUpdate`;
  const errors = [...intOrPercentErrors(`${path}.maxUnavailable`, maxUnavailable), ...intOrPercentErrors(`${path}.maxSurge`, maxSurge)];
  if (plainNumber(maxUnavailable) === 0 && plainNumber(maxSurge) === 0) {
    errors.push(fieldError.invalid(`${path}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  if (typeof maxUnavailable === "string" && plainNumber(maxUnavailable) > 100) {
    errors.push(fieldError.invalid(`${path}.maxUnavailable`, maxUnavailable, "must not be greater than 100%"));
  }
  return errors;
}

export function validateDeployment({ spec }: Deployment): FieldError[] {
  const errors = [
    ...nonNegative("spec.replicas", spec?.replicas),
    ...validateSelector(spec?.selector, "deployment"),
    ...validateOwnedTemplate(spec?.selector, spec?.template, "ReplicaSet"),
    ...validateStrategy(spec?.strategy ?? {}),
    ...nonNegative("spec.minReadySeconds", spec?.minReadySeconds),
    ...nonNegative("spec.revisionHistoryLimit", spec?.revisionHistoryLimit),
  ];
  const deadline = spec?.progressDeadlineSeconds;
  if (deadline === undefined) return errors;
  errors.push(...nonNegative("spec.progressDeadlineSeconds", deadline));
  if (deadline <= (spec?.minReadySeconds ?? 0)) {
    errors.push(fieldError.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
  }
  return errors;
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): FieldError[] {
  return [...validateDeployment(deployment), ...immutableSelector(deployment.spec?.selector, old.spec?.selector)];
}

export function validateDeploymentStatus({ status = {} }: Deployment): FieldError[] {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const names = [
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "terminatingReplicas",
    "collisionCount",
  ] as const satisfies readonly (keyof DeploymentStatus)[];
  const errors = names.flatMap((name) => nonNegative(`status.${name}`, status[name]));
  const atMost = (name: string, value: number, limit: number, text: string): void => {
    if (value > limit) errors.push(fieldError.invalid(`status.${name}`, value, text));
  };
  const text = "cannot be greater than status.replicas";
  atMost("updatedReplicas", updatedReplicas, replicas, text);
  atMost("readyReplicas", readyReplicas, replicas, text);
  atMost("availableReplicas", availableReplicas, replicas, text);
  atMost("availableReplicas", availableReplicas, readyReplicas, "cannot be greater than readyReplicas");
  return errors;
}
