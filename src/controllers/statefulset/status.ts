// A StatefulSet's status: counts, and the two revisions between which an update stands.
// Invariant: the update is complete, and the current revision moves, only when all wanted Pods are new and ready and no other is left.
// Called by: plan.ts. `kubectl rollout status` waits for what is written here.

import type { Pod, StatefulSet, StatefulSetStatus } from "#api";
import type { AnyObject, Live } from "#client";
import { own } from "#lib";
import type { Action } from "../framework/plan.ts";
import { isPodAvailable, isPodReady } from "../pods.ts";
import { revisionLabel } from "../revisions.ts";

export function statefulStatus(
  set: Live<StatefulSet>,
  pods: readonly Live<Pod>[],
  current: string,
  update: string,
  outdatedGone: number,
  nowMs: number,
): StatefulSetStatus {
  const ready = pods.filter((pod) => pod.status?.phase === "Running" && isPodReady(pod));
  const staying = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const count = (revision: string): number => staying.filter((pod) => own(pod.metadata.labels, revisionLabel) === revision).length;
  const status: StatefulSetStatus = {
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)).length,
    currentReplicas: Math.max(0, count(current) - outdatedGone),
    updatedReplicas: count(update),
    currentRevision: current,
    updateRevision: update,
    collisionCount: set.status?.collisionCount ?? 0,
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
  const wanted = set.spec?.replicas ?? 1;
  const complete = [status.updatedReplicas, status.readyReplicas, status.replicas].every((one) => one === wanted);
  if (complete && set.spec?.updateStrategy?.type === "RollingUpdate") {
    status.currentReplicas = wanted;
    status.currentRevision = update;
  }
  return status;
}

export function writeStatus(set: Live<StatefulSet>, status: StatefulSetStatus, collided: boolean): Action[] {
  if (collided) status.collisionCount = (status.collisionCount ?? 0) + 1;
  const known = (set.status ?? {}) as Record<string, unknown>;
  const same = Object.entries(status).every(
    ([name, value]) => name === "conditions" || known[name] === value || (!known[name] && value === 0),
  );
  const first = set.status?.collisionCount === undefined;
  if (same && !first) return [];
  return [{ verb: "update", resource: "statefulsets.apps", subresource: "status", object: { ...set, status } as Live<AnyObject> }];
}
