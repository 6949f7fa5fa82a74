// The CronJob's plan: the Job that is due, the Jobs that are done, and when to look again.
// Invariant: a Job is called after the minute it was due, so that no crash and no second controller starts it twice.
// Called by: the loop, by way of index.ts. Next on the way: job/, which runs what is made here.

import { type CronJob, type CronJobStatus, findCondition, isConditionTrue, type Job, type ObjectReference } from "#api";
import { type AnyObject, controllerReference, type EventType, type Live, type New } from "#client";
import { rfc3339 } from "#lib";
import { type Action, isAlreadyExists, isNotFound, type Plan, targetOf } from "../framework/plan.ts";
import { isJobFinished } from "../job/verdict.ts";
import { parseSchedule, type Schedule, zonedTime } from "./schedule.ts";

export interface SeenCronJob {
  readonly saw: readonly Live<AnyObject>[];
  readonly cronJob: Live<CronJob>;
  readonly jobs: readonly Live<Job>[];
}

interface Draft {
  readonly cronJob: Live<CronJob>;
  readonly status: CronJobStatus;
  readonly actions: Action[];
  tell(type: EventType, reason: string, message: string): void;
}

/** Clocks differ a little: better a tenth late than a second early. */
const paddingMs = 100;

export function planCronJob({ cronJob, jobs }: SeenCronJob, { nowMs }: { nowMs: number }): Plan {
  const actions: Action[] = [];
  const draft: Draft = {
    cronJob,
    status: structuredClone(cronJob.status ?? {}) as CronJobStatus,
    actions,
    tell: (type, reason, message) => actions.push({ verb: "event", about: cronJob, type, reason, message }),
  };
  const kept = prune(draft, jobs);
  followJobs(draft, kept);
  const due = cronJob.metadata.deletionTimestamp === undefined ? startDue(draft, kept, nowMs) : { decision: "it is being deleted" };
  const finish = (): Action[] => writeStatus(draft);
  return { actions, finish, ...due };
}

function writeStatus({ cronJob, status }: Draft): Action[] {
  if (status.active?.length === 0) delete status.active;
  if (JSON.stringify(status) === JSON.stringify(cronJob.status ?? {})) return [];
  return [{ verb: "update", resource: "cronjobs.batch", subresource: "status", object: { ...cronJob, status } as Live<AnyObject> }];
}

/** Of the finished Jobs only the youngest stay, so many of each sort. */
function prune(draft: Draft, jobs: readonly Live<Job>[]): Live<Job>[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = draft.cronJob.spec ?? {};
  const gone = [...oldest(jobs, "Complete", successfulJobsHistoryLimit), ...oldest(jobs, "Failed", failedJobsHistoryLimit)];
  for (const job of gone) remove(draft, job);
  return jobs.filter((job) => !gone.includes(job));
}

function oldest(jobs: readonly Live<Job>[], type: "Complete" | "Failed", limit: number | undefined): Live<Job>[] {
  if (limit === undefined) return [];
  const ended = jobs.filter((job) => isConditionTrue(job.status?.conditions, type) && job.metadata.deletionTimestamp === undefined);
  const started = (job: Live<Job>): string => job.status?.startTime ?? "9";
  ended.sort((a, b) => (started(a) < started(b) || (started(a) === started(b) && a.metadata.name < b.metadata.name) ? -1 : 1));
  return ended.slice(0, Math.max(0, ended.length - limit));
}

function remove(draft: Draft, job: Live<Job>): void {
  const { name } = job.metadata;
  draft.status.active = (draft.status.active ?? []).filter((one) => one.uid !== job.metadata.uid);
  draft.actions.push({
    verb: "delete",
    resource: "jobs.batch",
    target: targetOf(job),
    options: { propagationPolicy: "Background" },
    tolerates: isNotFound,
    tell: {
      about: draft.cronJob,
      succeeded: () => ({ type: "Normal", reason: "SuccessfulDelete", message: `Deleted job ${name}` }),
      failed: (error) => ({ type: "Warning", reason: "FailedDelete", message: `Deleted job: ${error.message}` }),
    },
  });
}

/** Brings `active`, `lastScheduleTime` and `lastSuccessfulTime` into line with the Jobs that are there. */
function followJobs(draft: Draft, jobs: readonly Live<Job>[]): void {
  const { cronJob, status } = draft;
  let active = status.active ?? [];
  for (const job of jobs) {
    const { uid, name } = job.metadata;
    const known = active.some((one) => one.uid === uid);
    const dueMs = dueOf(cronJob, job);
    // What the last pass started is written down by this one.
    if (dueMs !== undefined && !(Date.parse(status.lastScheduleTime ?? "") >= dueMs)) status.lastScheduleTime = rfc3339(dueMs);
    if (!isJobFinished(job)) {
      if (known) continue;
      if (dueMs === undefined) draft.tell("Warning", "UnexpectedJob", `Saw a job that the controller did not create or forgot: ${name}`);
      else active = [...active, referenceOf(job)];
      continue;
    }
    if (known) {
      const condition = findCondition(job.status?.conditions, "Complete")?.status === "True" ? "Complete" : "Failed";
      active = active.filter((one) => one.uid !== uid);
      draft.tell("Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${condition}`);
    }
    const { completionTime } = job.status ?? {};
    const latest = Date.parse(status.lastSuccessfulTime ?? "") || 0;
    if (completionTime !== undefined && Date.parse(completionTime) > latest) status.lastSuccessfulTime = completionTime;
  }
  for (const one of active) {
    if (jobs.some((job) => job.metadata.uid === one.uid)) continue;
    active = active.filter((each) => each !== one);
    draft.tell("Normal", "MissingJob", `Active job went missing: ${one.name}`);
  }
  status.active = active;
}

function referenceOf(job: Live<Job>): ObjectReference {
  const { name, namespace, uid, resourceVersion } = job.metadata;
  return { kind: "Job", ...(namespace === undefined ? {} : { namespace }), name, uid, apiVersion: "batch/v1", resourceVersion };
}

const jobName = (cronJob: Live<CronJob>, dueMs: number): string => `${cronJob.metadata.name}-${Math.floor(dueMs / 60_000)}`;

/** When a Job of ours was due, read off its annotation or, to the minute, off its name. */
function dueOf(cronJob: Live<CronJob>, job: Live<Job>): number | undefined {
  const minutes = job.metadata.name.slice(cronJob.metadata.name.length + 1);
  if (!/^\d{1,10}$/.test(minutes) || !job.metadata.name.startsWith(`${cronJob.metadata.name}-`)) return undefined;
  const annotated = Date.parse(job.metadata.annotations?.[scheduledAnnotation] ?? "");
  return Number.isNaN(annotated) ? Number(minutes) * 60_000 : annotated;
}

const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

interface Outcome {
  readonly decision: string;
  readonly requeueAfterMs?: number;
}

function startDue(draft: Draft, jobs: readonly Live<Job>[], nowMs: number): Outcome {
  const { cronJob, status } = draft;
  const { spec } = cronJob;
  if (!isKnownZone(spec?.timeZone)) {
    draft.tell("Warning", "UnknownTimeZone", `invalid timeZone: "${spec?.timeZone}": unknown time zone ${spec?.timeZone}`);
    return { decision: "its time zone is unknown" };
  }
  if (spec?.suspend === true) return { decision: "it is suspended" };
  let schedule: Schedule;
  try {
    schedule = parseSchedule(spec?.schedule ?? "", spec?.timeZone);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    draft.tell("Warning", "UnparseableSchedule", `unparseable schedule: "${spec?.schedule}" : ${why}`);
    return { decision: "its schedule cannot be read" };
  }
  const since = Date.parse(status.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? "") || nowMs;
  const deadlineMs = spec?.startingDeadlineSeconds === undefined ? undefined : spec.startingDeadlineSeconds * 1000;
  const { dueMs, missed } = mostRecent(schedule, deadlineMs === undefined ? since : Math.max(since, nowMs - deadlineMs), nowMs);
  const nextMs = schedule.next(nowMs);
  const wait = nextMs === undefined ? {} : { requeueAfterMs: nextMs - nowMs + paddingMs };
  if (dueMs === undefined) return { ...wait, decision: "nothing is due" };
  if (missed > 100) {
    const advice = "Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    draft.tell("Warning", "TooManyMissedTimes", `too many missed start times. ${advice}`);
  }
  const name = jobName(cronJob, dueMs);
  if (jobs.some((job) => job.metadata.name === name) || Date.parse(status.lastScheduleTime ?? "") === dueMs) {
    return { ...wait, decision: "what is due has been started" };
  }
  const active = status.active ?? [];
  if (spec?.concurrencyPolicy === "Forbid" && active.length > 0) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    draft.tell("Normal", "JobAlreadyActive", message);
    return { ...wait, decision: "the last one still runs" };
  }
  if (spec?.concurrencyPolicy === "Replace") {
    for (const job of jobs.filter((one) => active.some((each) => each.uid === one.metadata.uid))) remove(draft, job);
  }
  draft.actions.push(create(cronJob, name, dueMs));
  return { ...wait, decision: `due since ${rfc3339(dueMs)}` };
}

function isKnownZone(timeZone: string | undefined): boolean {
  try {
    zonedTime(0, timeZone);
    return true;
  } catch {
    return false;
  }
}

/** The last time that it was due and the number of times in between, without counting each of a year's minutes. */
export function mostRecent(schedule: Schedule, sinceMs: number, nowMs: number): { dueMs: number | undefined; missed: number } {
  const first = schedule.next(sinceMs);
  if (first === undefined || first > nowMs) return { dueMs: undefined, missed: 0 };
  const second = schedule.next(first);
  if (second === undefined || second > nowMs) return { dueMs: first, missed: 0 };
  const step = second - first;
  const missed = Math.floor((nowMs - first) / step) + 1;
  let dueMs: number | undefined;
  // One step back: not every schedule is even.
  for (let at = schedule.next(first + (missed - 2) * step); at !== undefined && at <= nowMs; at = schedule.next(at)) dueMs = at;
  return { dueMs: dueMs ?? first, missed };
}

function create(cronJob: Live<CronJob>, name: string, dueMs: number): Action {
  const { metadata, spec } = cronJob.spec?.jobTemplate ?? {};
  const { namespace } = cronJob.metadata;
  const object = {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      annotations: { ...metadata?.annotations, [scheduledAnnotation]: zonedTime(dueMs, cronJob.spec?.timeZone) },
      ownerReferences: [controllerReference(cronJob, "batch/v1", "CronJob")],
    },
    spec,
  };
  return {
    verb: "create",
    resource: "jobs.batch",
    object: object as New<AnyObject>,
    tolerates: isAlreadyExists,
    tell: {
      about: cronJob,
      succeeded: () => ({ type: "Normal", reason: "SuccessfulCreate", message: `Created job ${name}` }),
      failed: (error) =>
        isAlreadyExists(error) ? undefined : { type: "Warning", reason: "FailedCreate", message: `Error creating job: ${error.message}` },
    },
  };
}
