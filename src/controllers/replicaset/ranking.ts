// Which Pods go first when there are too many: the least useful one, by upstream's eight rules in order.
// Invariant: a total order for equal input: the last word has the uid, so that two passes over one state choose alike.
// Called by: plan.ts. Ages are compared by powers of two, so that a slightly older Pod is not always the survivor.

import type { ContainerStatus, Pod } from "#api";
import type { Live } from "#client";
import { own } from "#lib";
import { isPodActive, isPodReady, readySinceMs } from "../pods.ts";

const deletionCost = "controller.kubernetes.io/pod-deletion-cost";

/** The `count` Pods to delete. `related`: the Pods of all ReplicaSets of the same owner, for spreading over nodes. */
export function podsToDelete(pods: readonly Live<Pod>[], related: readonly Live<Pod>[], count: number, nowMs: number): Live<Pod>[] {
  if (count >= pods.length) return [...pods];
  const onNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? "";
    if (isPodActive(pod)) onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => ({ pod, crowd: onNode.get(pod.spec?.nodeName ?? "") ?? 0 }));
  ranked.sort((a, b) => compare(a, b, nowMs));
  return ranked.slice(0, count).map(({ pod }) => pod);
}

interface Ranked {
  pod: Live<Pod>;
  crowd: number;
}

function compare({ pod: a, crowd: crowdA }: Ranked, { pod: b, crowd: crowdB }: Ranked, nowMs: number): number {
  const ready = Number(isPodReady(a)) - Number(isPodReady(b));
  return (
    Number(assigned(a)) - Number(assigned(b)) ||
    phaseOrder(a) - phaseOrder(b) ||
    ready ||
    cost(a) - cost(b) ||
    crowdB - crowdA ||
    (isPodReady(a) && isPodReady(b) ? younger(readySinceMs(a), readySinceMs(b), a, b, nowMs) : 0) ||
    restarts(b.status?.containerStatuses) - restarts(a.status?.containerStatuses) ||
    restarts(b.status?.initContainerStatuses) - restarts(a.status?.initContainerStatuses) ||
    younger(Date.parse(a.metadata.creationTimestamp ?? ""), Date.parse(b.metadata.creationTimestamp ?? ""), a, b, nowMs) ||
    (a.metadata.uid < b.metadata.uid ? -1 : 1)
  );
}

const assigned = (pod: Live<Pod>): boolean => (pod.spec?.nodeName ?? "") !== "";

function phaseOrder(pod: Live<Pod>): number {
  if (pod.status?.phase === "Running") return 2;
  return pod.status?.phase === "Unknown" ? 1 : 0;
}

function cost(pod: Live<Pod>): number {
  const text = own(pod.metadata.annotations, deletionCost);
  return text !== undefined && /^-?(0|[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
}

/** Sidecars restart alone, so they are asked only when the containers are equal. */
function restarts(statuses: readonly ContainerStatus[] | undefined): number {
  return Math.max(0, ...(statuses ?? []).map((status) => status.restartCount));
}

/** Negative when `a` is younger by a power of two; equal ages fall to the uid, unequal times of one magnitude too. */
function younger(a: number | undefined, b: number | undefined, podA: Live<Pod>, podB: Live<Pod>, nowMs: number): number {
  if (a === b) return 0;
  if (!a || !b) return a ? 1 : -1;
  return magnitude(nowMs - a) - magnitude(nowMs - b) || (podA.metadata.uid < podB.metadata.uid ? -1 : 1);
}

/** Upstream counts nanoseconds; the magnitude of an age does not depend on the unit. */
function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.trunc(Math.log2(ageMs * 1e6)) : -1;
}
