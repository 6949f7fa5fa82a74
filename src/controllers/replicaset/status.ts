// A ReplicaSet's status, counted from its Pods.
// Invariant: `observedGeneration` says which spec the counts belong to; a failure stays told until a pass without one.
// Called by: plan.ts. Next on the way: the deployment controller, which sums these.

import { findCondition, type ApiError, type Pod, type ReplicaSet, type ReplicaSetStatus, selectorFromMap } from "#api";
import type { Live } from "#client";
import { rfc3339 } from "#lib";
import { isPodAvailable, isPodReady } from "../pods.ts";

export interface Counted {
  readonly active: readonly Live<Pod>[];
  readonly terminating: readonly Live<Pod>[];
}

export function replicaSetStatus(
  set: Live<ReplicaSet>,
  { active, terminating }: Counted,
  failure: ApiError | undefined,
  nowMs: number,
): ReplicaSetStatus {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const template = selectorFromMap(set.spec?.template?.metadata?.labels);
  const conditions = failureCondition(set, active.length, failure, nowMs);
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => template.matches(pod.metadata.labels)).length,
    readyReplicas: active.filter((pod) => isPodReady(pod)).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length,
    terminatingReplicas: terminating.length,
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function failureCondition(set: Live<ReplicaSet>, active: number, failure: ApiError | undefined, nowMs: number) {
  const conditions = set.status?.conditions ?? [];
  const known = findCondition(conditions, "ReplicaFailure");
  if (failure === undefined) return known ? conditions.filter((one) => one !== known) : conditions;
  if (known) return conditions;
  const difference = active - (set.spec?.replicas ?? 1);
  const reason = difference < 0 ? "FailedCreate" : "FailedDelete";
  return [...conditions, { type: "ReplicaFailure", status: "True", lastTransitionTime: rfc3339(nowMs), reason, message: failure.message }];
}

/** Equal for whoever reads it: absent counts are zero. */
export function sameStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  const counts = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"] as const;
  if (a?.terminatingReplicas !== b.terminatingReplicas) return false;
  return (
    counts.every((name) => (a?.[name] ?? 0) === (b[name] ?? 0)) &&
    JSON.stringify(a?.conditions ?? []) === JSON.stringify(b.conditions ?? [])
  );
}
