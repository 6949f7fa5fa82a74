// What a Job's Pods amount to: how many run, have succeeded, have failed, counting each exactly once.
// Invariant: a Pod with the tracking finalizer that is not among the uncounted is new; one without is in the status's numbers already.
// Called by: plan.ts. Next on the way: verdict.ts, which reads the end of the Job off it.

import type { Job, Pod } from "#api";
import type { Live } from "#client";
import { own } from "#lib";
import { isPodActive, isPodReady, isPodTerminating } from "../pods.ts";
import { completionIndex, Indexes } from "./indexes.ts";
import { backoffLeftMs, finishedMs, isFailed, isTracked, judgeFailure } from "./podfailure.ts";

export interface Tally {
  readonly pods: readonly Live<Pod>[];
  readonly active: readonly Live<Pod>[];
  readonly terminating: readonly Live<Pod>[];
  readonly ready: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly indexed: boolean;
  readonly completions: number;
  /** Indexes that stand in the status, and those together with the newly succeeded ones. */
  readonly countedIndexes: Indexes;
  readonly succeededIndexes: Indexes;
  /** Only with backoffLimitPerIndex. */
  readonly failedIndexes: Indexes | undefined;
  /** Failed Pods kept until their index has a successor, which inherits the count of failures. */
  readonly kept: ReadonlyMap<number, Live<Pod>>;
  /** How long the next Pod has to wait after the last failures in a row. */
  readonly backoffMs: number;
}

export function tally(job: Live<Job>, pods: readonly Live<Pod>[], nowMs: number): Tally {
  const indexed = job.spec?.completionMode === "Indexed";
  const completions = job.spec?.completions ?? 0;
  const { uncountedTerminatedPods: uncounted, succeeded = 0, failed = 0 } = job.status ?? {};
  const active = pods.filter(isPodActive);
  const valid = pods.filter((pod) => isTracked(pod) && (!indexed || hasValidIndex(pod, completions)));
  const newlySucceeded = valid.filter((pod) => pod.status?.phase === "Succeeded" && !uncounted?.succeeded?.includes(pod.metadata.uid));
  const newlyFailed = valid.filter((pod) => isFailed(pod, job) && !uncounted?.failed?.includes(pod.metadata.uid));
  const countedIndexes = indexed ? Indexes.parse(job.status?.completedIndexes, completions) : new Indexes();
  const succeededIndexes = countedIndexes.with(
    indexed ? valid.filter((pod) => pod.status?.phase === "Succeeded").map((pod) => completionIndex(pod)!) : [],
  );
  const failedIndexes = job.spec?.backoffLimitPerIndex === undefined ? undefined : countFailedIndexes(job, valid, completions);
  return {
    pods,
    active,
    terminating: pods.filter(isPodTerminating),
    ready: active.filter((pod) => isPodReady(pod)).length,
    succeeded: indexed ? succeededIndexes.size : succeeded + newlySucceeded.length + (uncounted?.succeeded?.length ?? 0),
    failed: failed + newlyFailed.filter((pod) => judgeFailure(job, pod).counts).length + (uncounted?.failed?.length ?? 0),
    indexed,
    completions,
    countedIndexes,
    succeededIndexes,
    failedIndexes,
    kept: failedIndexes ? keptPods(job, valid, active, succeededIndexes, failedIndexes) : new Map(),
    backoffMs: failedIndexes ? 0 : jobBackoffMs(job, pods, nowMs),
  };
}

export function hasValidIndex(pod: Live<Pod>, completions: number): boolean {
  const index = completionIndex(pod);
  return index !== undefined && index < completions;
}

const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";
const ignoredFailureCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

function count(pod: Live<Pod>, annotation: string): number {
  const text = own(pod.metadata.annotations, annotation) ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

const allFailures = (pod: Live<Pod>): number => count(pod, failureCountAnnotation) + count(pod, ignoredFailureCountAnnotation);

function countFailedIndexes(job: Live<Job>, valid: readonly Live<Pod>[], completions: number): Indexes {
  const limit = job.spec?.backoffLimitPerIndex ?? 0;
  const spent = valid.filter((pod) => {
    if (!isFailed(pod, job)) return false;
    const { action, counts } = judgeFailure(job, pod);
    return action === "FailIndex" || (counts && count(pod, failureCountAnnotation) >= limit);
  });
  return Indexes.parse(job.status?.failedIndexes, completions).with(spent.map((pod) => completionIndex(pod)!));
}

function keptPods(
  job: Live<Job>,
  valid: readonly Live<Pod>[],
  active: readonly Live<Pod>[],
  succeeded: Indexes,
  failed: Indexes,
): Map<number, Live<Pod>> {
  const running = new Set(active.map(completionIndex));
  const kept = new Map<number, Live<Pod>>();
  for (const pod of valid) {
    const index = completionIndex(pod)!;
    if (!isFailed(pod, job) || succeeded.has(index) || failed.has(index) || running.has(index)) continue;
    const known = kept.get(index);
    if (!known || (allFailures(known) <= allFailures(pod) && finishedMs(pod) >= finishedMs(known))) kept.set(index, pod);
  }
  return kept;
}

/** The annotations by which a Pod inherits the failures of the one that it replaces. */
export function inheritedFailures(job: Live<Job>, replaced: Live<Pod> | undefined): Record<string, string> {
  if (!replaced) return { [failureCountAnnotation]: "0" };
  const { counts } = judgeFailure(job, replaced);
  const ignored = count(replaced, ignoredFailureCountAnnotation) + (counts ? 0 : 1);
  return {
    [failureCountAnnotation]: String(count(replaced, failureCountAnnotation) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [ignoredFailureCountAnnotation]: String(ignored) } : {}),
  };
}

export function indexBackoffMs(replaced: Live<Pod> | undefined, nowMs: number): number {
  return replaced ? backoffLeftMs(allFailures(replaced) + 1, finishedMs(replaced), nowMs) : 0;
}

/** Upstream keeps this in memory; the failed Pods that are still there say the same, also after a restart. */
function jobBackoffMs(job: Live<Job>, pods: readonly Live<Pod>[], nowMs: number): number {
  const lastSuccessMs = Math.max(0, ...pods.filter((pod) => pod.status?.phase === "Succeeded").map(finishedMs));
  const since = pods.filter((pod) => isFailed(pod, job) && finishedMs(pod) > lastSuccessMs).map(finishedMs);
  return backoffLeftMs(since.length, Math.max(0, ...since), nowMs);
}
