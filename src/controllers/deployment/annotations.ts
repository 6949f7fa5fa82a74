// Annotations by which a Deployment and its ReplicaSets remember: revision, its history, and the size they were scaled for.
// Invariant: a ReplicaSet's revision only grows; what the user annotates on the Deployment is copied, what is ours is not.
// Called by: draft.ts, scale.ts. `kubectl rollout history|undo` reads them.

import type { Deployment, ReplicaSet } from "#api";
import type { Live } from "#client";
import { own } from "#lib";
import { maxSurge, wantedReplicas } from "./fenceposts.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
const historyAnnotation = "deployment.kubernetes.io/revision-history";
const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
const maxAnnotation = "deployment.kubernetes.io/max-replicas";
export const rollbackAnnotation = "deprecated.deployment.rollback.to";

const skipped: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  rollbackAnnotation,
]);

/** About a hundred revisions. */
const historyLimitChars = 2000;

type Annotated = { metadata: { annotations?: Record<string, string> } };

export function revisionOf(object: Annotated): number {
  const text = own(object.metadata.annotations, revisionAnnotation) ?? "0";
  return /^[0-9]+$/.test(text) ? Number(text) : 0;
}

function count(set: Live<ReplicaSet>, name: string): number | undefined {
  const text = own(set.metadata.annotations, name);
  return text !== undefined && /^[0-9]+$/.test(text) && Number(text) <= 0x7fffffff ? Number(text) : undefined;
}

export const desiredReplicas = (set: Live<ReplicaSet>): number | undefined => count(set, desiredAnnotation);
export const maxReplicas = (set: Live<ReplicaSet>): number | undefined => count(set, maxAnnotation);

function annotate(object: Annotated, name: string, value: string): void {
  object.metadata.annotations = { ...object.metadata.annotations, [name]: value };
}

/** The sizes for which the set is scaled now: a later pass sees by them that the Deployment was scaled since. */
export function annotateReplicas(deployment: Live<Deployment>, set: Live<ReplicaSet>): void {
  annotate(set, desiredAnnotation, String(wantedReplicas(deployment)));
  annotate(set, maxAnnotation, String(wantedReplicas(deployment) + maxSurge(deployment)));
}

/** Brings the newest set's annotations up to date: the user's, and a revision that is the highest. */
export function annotateNewest(deployment: Live<Deployment>, set: Live<ReplicaSet>, revision: number, created: boolean): void {
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!skipped.has(name)) annotate(set, name, value);
  const before = own(set.metadata.annotations, revisionAnnotation);
  if (revisionOf(set) < revision) {
    annotate(set, revisionAnnotation, String(revision));
    // It had another revision before: this is a rollback, and the history keeps that number.
    if (before !== undefined) remember(set, before);
  }
  if (created) annotateReplicas(deployment, set);
}

function remember(set: Live<ReplicaSet>, revision: string): void {
  const history = (own(set.metadata.annotations, historyAnnotation) ?? "").split(",").filter((one) => one !== "");
  history.push(revision);
  while (history.join(",").length > historyLimitChars) history.shift();
  annotate(set, historyAnnotation, history.join(","));
}

/** After a rollback the Deployment carries the annotations of the revision that it went back to. */
export function annotateRolledBack(deployment: Live<Deployment>, set: Live<ReplicaSet>): void {
  const kept = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => skipped.has(name));
  const copied = Object.entries(set.metadata.annotations ?? {}).filter(([name]) => !skipped.has(name));
  deployment.metadata.annotations = Object.fromEntries([...kept, ...copied]);
}
