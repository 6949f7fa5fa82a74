// A Job's status, and the finalizers that may go: counting that survives every crash.
// Invariant: first the status names the Pod among the uncounted, then its finalizer goes, then the number grows: never twice, never not.
// Called by: plan.ts, at the end of every pass. The next pass, woken by the Pods it let go, takes the next step.

import type { Job, JobCondition, JobStatus, Pod } from "#api";
import type { AnyObject, Live } from "#client";
import { rfc3339 } from "#lib";
import type { Action, EventText } from "../framework/plan.ts";
import { completionIndex } from "./indexes.ts";
import { untrack } from "./manage.ts";
import { isFailed, isTracked, judgeFailure } from "./podfailure.ts";
import { hasValidIndex, type Tally } from "./tally.ts";
import { isSuspended, type Verdict } from "./verdict.ts";

export interface Numbers {
  readonly active: number;
  readonly terminating: number;
  readonly ready: number;
}

export interface Tracking {
  readonly job: Live<Job>;
  readonly tally: Tally;
  readonly verdict: Verdict | undefined;
  readonly numbers: Numbers;
  /** The pass looked after the number of Pods: only then Suspended may be said. */
  readonly managed: boolean;
  readonly nowMs: number;
}

const maxUncounted = 500;

/** The status as it is to be written, the Events that go with it, and the Pods whose finalizers go afterwards. */
export function track(tracking: Tracking): readonly Action[] {
  const { job, verdict } = tracking;
  const draft = structuredClone(job.status ?? {}) as JobStatus;
  const events: EventText[] = [];
  draft.conditions ??= [];
  if (tracking.managed) sayWhetherSuspended(tracking, draft, events);
  if (draft.startTime === undefined && !isSuspended(job)) draft.startTime = rfc3339(tracking.nowMs);
  Object.assign(draft, tracking.numbers);
  const freed = countPods(tracking, draft);
  const open = (draft.uncountedTerminatedPods?.succeeded?.length ?? 0) + (draft.uncountedTerminatedPods?.failed?.length ?? 0);
  if (verdict) {
    addCondition(draft, verdict.type, verdict, tracking.nowMs);
    const wasWritten = job.status?.conditions?.some((one) => one.type === verdict.type && one.status === "True") === true;
    if (wasWritten && freed.length === 0 && open === 0 && tracking.numbers.terminating === 0) finish(tracking, draft, verdict, events);
  }
  if (draft.conditions.length === 0) delete draft.conditions;
  return [
    ...write(job, draft, events),
    ...(freed.length === 0 ? [] : [{ verb: "batch", slowStart: false, actions: freed.flatMap(untrack) } as const]),
  ];
}

function write(job: Live<Job>, status: JobStatus, events: readonly EventText[]): Action[] {
  if (sameStatus(job.status ?? {}, status)) return [];
  const object = { ...job, status } as Live<AnyObject>;
  return [
    { verb: "update", resource: "jobs.batch", subresource: "status", object },
    ...events.map((event): Action => ({ verb: "event", about: job, ...event })),
  ];
}

function sayWhetherSuspended({ job, nowMs }: Tracking, draft: JobStatus, events: EventText[]): void {
  const known = draft.conditions?.find((one) => one.type === "Suspended");
  if (isSuspended(job)) {
    if (known?.status === "True") return;
    addCondition(draft, "Suspended", { reason: "JobSuspended", message: "Job suspended" }, nowMs);
    delete draft.startTime;
    events.push({ type: "Normal", reason: "Suspended", message: "Job suspended" });
  } else if (known?.status === "True") {
    addCondition(draft, "Suspended", { reason: "JobResumed", message: "Job resumed" }, nowMs, "False");
    // The deadline counts from when the Job runs without a break.
    draft.startTime = rfc3339(nowMs);
    events.push({ type: "Normal", reason: "Resumed", message: "Job resumed" });
  }
}

function addCondition(draft: JobStatus, type: string, why: { reason: string; message: string }, nowMs: number, status = "True"): void {
  const conditions = (draft.conditions ??= []);
  const index = conditions.findIndex((one) => one.type === type);
  if (index >= 0 && conditions[index]?.status === status) return;
  const time = rfc3339(nowMs);
  const condition: JobCondition = { type, status, lastProbeTime: time, lastTransitionTime: time, reason: why.reason, message: why.message };
  if (index < 0) conditions.push(condition);
  else conditions[index] = condition;
}

/** Moves what was counted, notes what is new; returns the Pods whose finalizers go now. */
function countPods({ job, tally, verdict }: Tracking, draft: JobStatus): Live<Pod>[] {
  const held = new Set(tally.pods.filter(isTracked).map((pod) => pod.metadata.uid));
  const { succeeded = [], failed = [] } = draft.uncountedTerminatedPods ?? {};
  const uncounted = { succeeded: succeeded.filter((uid) => held.has(uid)), failed: failed.filter((uid) => held.has(uid)) };
  draft.succeeded = (draft.succeeded ?? 0) + succeeded.length - uncounted.succeeded.length;
  draft.failed = (draft.failed ?? 0) + failed.length - uncounted.failed.length;
  const freed: Live<Pod>[] = [];
  const indexes: number[] = [];
  for (const pod of [...tally.pods].sort((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1))) {
    if (!isTracked(pod) || !mayLetGo(job, tally, verdict, pod)) continue;
    freed.push(pod);
    const { uid } = pod.metadata;
    const valid = !tally.indexed || hasValidIndex(pod, tally.completions);
    if (pod.status?.phase === "Succeeded" && !failed.includes(uid)) {
      if (tally.indexed && valid && !tally.countedIndexes.has(completionIndex(pod)!)) indexes.push(completionIndex(pod)!);
      else if (!tally.indexed && !uncounted.succeeded.includes(uid)) uncounted.succeeded.push(uid);
    } else if ((isFailed(pod, job) || verdict?.type === "FailureTarget") && valid && !uncounted.failed.includes(uid)) {
      if (judgeFailure(job, pod).counts) uncounted.failed.push(uid);
    }
    if (indexes.length + uncounted.succeeded.length + uncounted.failed.length >= maxUncounted) break;
  }
  if (tally.indexed) {
    const counted = tally.countedIndexes.with(indexes);
    draft.succeeded = counted.size;
    draft.completedIndexes = counted.toString();
    if (tally.failedIndexes) draft.failedIndexes = tally.failedIndexes.toString();
  }
  draft.uncountedTerminatedPods = {
    ...(uncounted.succeeded.length > 0 ? { succeeded: uncounted.succeeded } : {}),
    ...(uncounted.failed.length > 0 ? { failed: uncounted.failed } : {}),
  };
  return freed;
}

function mayLetGo(job: Live<Job>, tally: Tally, verdict: Verdict | undefined, pod: Live<Pod>): boolean {
  if (job.metadata.deletionTimestamp !== undefined || verdict || pod.status?.phase === "Succeeded") return true;
  if (!isFailed(pod, job)) return false;
  // Its successor is to inherit its failures.
  const index = completionIndex(pod);
  return index === undefined || tally.kept.get(index)?.metadata.uid !== pod.metadata.uid;
}

function finish({ job, nowMs }: Tracking, draft: JobStatus, verdict: Verdict, events: EventText[]): void {
  const good = verdict.type === "SuccessCriteriaMet";
  addCondition(draft, good ? "Complete" : "Failed", verdict, nowMs);
  if (!good) {
    events.push({ type: "Warning", reason: verdict.reason, message: verdict.message });
    return;
  }
  draft.completionTime = rfc3339(nowMs);
  const { completions } = job.spec ?? {};
  if (completions !== undefined && (draft.succeeded ?? 0) > completions) {
    const message = "Too many succeeded pods running after completion count reached";
    events.push({ type: "Warning", reason: "TooManySucceededPods", message });
  }
  events.push({ type: "Normal", reason: "Completed", message: "Job completed" });
}

/** Equal for whoever reads it: an absent count is zero, but `ready`, `terminating` and the list of uncounted must have been said once. */
function sameStatus(a: JobStatus, b: JobStatus): boolean {
  const form = (status: JobStatus): string =>
    JSON.stringify([
      status.active ?? 0,
      status.succeeded ?? 0,
      status.failed ?? 0,
      status.ready ?? null,
      status.terminating ?? null,
      status.startTime ?? "",
      status.completionTime ?? "",
      status.completedIndexes ?? "",
      status.failedIndexes ?? null,
      status.uncountedTerminatedPods?.succeeded ?? [],
      status.uncountedTerminatedPods?.failed ?? [],
      (status.conditions ?? []).map((one) => [one.type, one.status, one.reason, one.message]),
    ]);
  return form(a) === form(b);
}
