// What a new revision of a pod means to its worker: nothing, other words, other wishes; and how a pass is described.
// Invariant: pure.
// Called by: worker.ts. Next on the way: worker.ts.

import { isDeepStrictEqual } from "node:util";
import type { Pod } from "#api";
import type { Live } from "#client";
import type { PodPlan } from "./plan.ts";

export function sameWords(before: Live<Pod>, after: Live<Pod>): boolean {
  const of = ({ metadata }: Live<Pod>): unknown => [metadata.labels, metadata.annotations];
  return isDeepStrictEqual(of(before), of(after));
}

/** A pass without actions that left a span told the API server something. */
export function didWhat(plan: PodPlan): readonly string[] {
  return plan.actions.length > 0 ? plan.actions.map((action) => action.do) : ["write status"];
}

export function revisionOf(pod: Live<Pod> | undefined): readonly number[] {
  const revision = Number(pod?.metadata.resourceVersion);
  return Number.isSafeInteger(revision) ? [revision] : [];
}

export function sameRevision(before: Live<Pod>, after: Live<Pod>): boolean {
  return before.metadata.resourceVersion === after.metadata.resourceVersion;
}

/** Nothing but the status differs, as far as a node agent cares. */
export function onlyStatus(before: Live<Pod>, after: Live<Pod>): boolean {
  const { generation, deletionTimestamp, deletionGracePeriodSeconds } = before.metadata;
  return (
    generation !== undefined &&
    generation === after.metadata.generation &&
    deletionTimestamp === after.metadata.deletionTimestamp &&
    deletionGracePeriodSeconds === after.metadata.deletionGracePeriodSeconds &&
    sameWords(before, after)
  );
}
