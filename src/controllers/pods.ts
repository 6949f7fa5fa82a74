// Questions about Pods that several controllers ask: active, ready, available, and when it will be.
// Invariant: pure; a Pod that is being deleted or has finished is not active, whatever its conditions say.
// Called by: replicaset, deployment, endpointslice, podgc. Next on the way: claim.ts.

import { findCondition, type Pod } from "#api";
import type { Live } from "#client";

export function isPodTerminal(pod: Pod | Live<Pod>): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function isPodActive(pod: Pod | Live<Pod>): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isPodTerminating(pod: Pod | Live<Pod>): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;
}

export function isPodReady(pod: Pod | Live<Pod>): boolean {
  return findCondition(pod.status?.conditions, "Ready")?.status === "True";
}

/** When the Pod became ready, in milliseconds; undefined while it is not. */
export function readySinceMs(pod: Pod | Live<Pod>): number | undefined {
  const ready = findCondition(pod.status?.conditions, "Ready");
  return ready?.status === "True" && ready.lastTransitionTime !== undefined ? Date.parse(ready.lastTransitionTime) : undefined;
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod | Live<Pod>, minReadySeconds: number, nowMs: number): boolean {
  if (!isPodReady(pod)) return false;
  if (minReadySeconds === 0) return true;
  const sinceMs = readySinceMs(pod);
  return sinceMs !== undefined && sinceMs + minReadySeconds * 1000 <= nowMs;
}

/** In how many milliseconds the first Pod that is ready but not yet available will be available. */
export function nextAvailabilityMs(pods: readonly (Pod | Live<Pod>)[], minReadySeconds: number, nowMs: number): number | undefined {
  const waits = pods
    .filter((pod) => isPodReady(pod) && !isPodAvailable(pod, minReadySeconds, nowMs))
    .map((pod) => (readySinceMs(pod) ?? nowMs) + minReadySeconds * 1000 - nowMs);
  return waits.length === 0 ? undefined : Math.max(0, Math.min(...waits));
}
