// The Job's plan: claim its Pods, count them, judge, create or stop, and write down how far it has come.
// Invariant: a Job that has finished is never touched again; one pass takes one step, and the next is woken by what it wrote.
// Called by: the loop, by way of index.ts. Next on the way: tally.ts, verdict.ts, manage.ts, track.ts, in this order.

import type { ApiError, Job, Pod } from "#api";
import type { AnyObject, Live } from "#client";
import { claim } from "../claim.ts";
import { nothing, type Plan } from "../framework/plan.ts";
import { type Managed, manage, stopAll, untrack } from "./manage.ts";
import { trackingFinalizer } from "./podfailure.ts";
import { type Tally, tally } from "./tally.ts";
import { track } from "./track.ts";
import { completionsReached, isJobFinished, isSuspended, type Verdict, verdictOf } from "./verdict.ts";

/** A Job with its Pods and the namespace's orphans; or one Pod that has lost its Job and still wears its finalizer. */
export interface SeenJob {
  readonly saw: readonly Live<AnyObject>[];
  readonly job?: Live<Job>;
  readonly pods: readonly Live<Pod>[];
}

const controllerName = "kubernetes.io/job-controller";

export function planJob({ job, pods }: SeenJob, { nowMs }: { nowMs: number }): Plan {
  if (!job) return { actions: pods.flatMap(untrack), decision: "a Pod whose Job has gone or finished keeps no finalizer of it" };
  if ((job.spec?.managedBy ?? controllerName) !== controllerName) return nothing("somebody else manages this Job");
  if (isJobFinished(job)) return nothing("the Job has finished");
  const owner = { resource: "jobs.batch", apiVersion: "batch/v1", kind: "Job", object: job, selector: job.spec?.selector };
  const { claimed, actions: claims } = claim({ ...owner, finalizer: trackingFinalizer }, "pods", pods);
  const counted = tally(job, claimed, nowMs);
  // On the first pass the Job starts now, and its deadline with it.
  const startMs = job.status?.startTime === undefined ? nowMs : Date.parse(job.status.startTime);
  let verdict = verdictOf(job, counted, startMs, nowMs);
  const managing = verdict === undefined && job.metadata.deletionTimestamp === undefined;
  const managed = verdict ? stopAll(job, counted) : managing ? manage(job, counted, nowMs) : unchanged(counted);
  if (!verdict && isComplete(job, counted, managed)) verdict = completionsReached;
  const complete = verdict === completionsReached;
  const finish = (error: ApiError | undefined) => {
    // Who knows what a failed batch has done: the numbers stay as they were seen, and nothing ends yet.
    const numbers = error ? unchanged(counted) : managed;
    const { active, terminating, ready } = numbers;
    const judged = error ? undefined : verdict;
    return track({ job, tally: counted, verdict: judged, numbers: { active, terminating, ready }, managed: managing && !complete, nowMs });
  };
  const waits = [managed.requeueAfterMs, deadlineLeftMs(job, verdict, startMs, nowMs)].filter((wait) => wait !== undefined);
  return {
    actions: [...claims, ...managed.actions],
    finish,
    decision: verdict ? `${verdict.reason}: ${verdict.message}` : managed.decision,
    ...(waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : {}),
  };
}

function unchanged({ active, terminating, ready }: Tally): Managed {
  return { actions: [], active: active.length, terminating: terminating.length, ready, decision: "the Job is being deleted" };
}

function isComplete(job: Live<Job>, { succeeded }: Tally, { active }: Managed): boolean {
  const { completions } = job.spec ?? {};
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions);
}

function deadlineLeftMs(job: Live<Job>, verdict: Verdict | undefined, startMs: number, nowMs: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec ?? {};
  if (activeDeadlineSeconds === undefined || verdict || isSuspended(job)) return undefined;
  return Math.max(0, startMs + activeDeadlineSeconds * 1000 - nowMs);
}
