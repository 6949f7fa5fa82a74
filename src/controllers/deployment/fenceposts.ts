// How far a rolling update may go above and below the wanted number of Pods.
// Invariant: never both zero, else the rollout could not take a single step.
// Called by: draft.ts, rollout.ts, scale.ts, status.ts. Surge is rounded up, unavailability down, as upstream documents it.

import { type Deployment, scaledValue } from "#api";
import type { Live } from "#client";

const most = 0x7fffffff;

export const wantedReplicas = (deployment: Live<Deployment>): number => deployment.spec?.replicas ?? 1;
export const isRollingUpdate = (deployment: Live<Deployment>): boolean =>
  (deployment.spec?.strategy?.type ?? "RollingUpdate") === "RollingUpdate";

function fenceposts(deployment: Live<Deployment>): { surge: number; unavailable: number } {
  const wanted = wantedReplicas(deployment);
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, wanted, "up") ?? 0;
  const unavailable = scaledValue(maxUnavailable, wanted, "down") ?? 0;
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export function maxSurge(deployment: Live<Deployment>): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

export function maxUnavailable(deployment: Live<Deployment>): number {
  const wanted = wantedReplicas(deployment);
  return isRollingUpdate(deployment) && wanted > 0 ? Math.min(fenceposts(deployment).unavailable, wanted) : 0;
}

/** Both limits treat the largest number as "none". */
export const hasProgressDeadline = (deployment: Live<Deployment>): boolean => (deployment.spec?.progressDeadlineSeconds ?? most) !== most;
export const hasHistoryLimit = (deployment: Live<Deployment>): boolean => (deployment.spec?.revisionHistoryLimit ?? most) !== most;
