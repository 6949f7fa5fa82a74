// Whether a Job is to end now, and why: failure first, then success by its policy.
// Invariant: a verdict once written into the status (FailureTarget, SuccessCriteriaMet) stands, whatever the Pods do later.
// Called by: plan.ts. Next on the way: track.ts, which writes the verdict and later the end itself.

import { findCondition, isConditionTrue, type Job } from "#api";
import type { Live } from "#client";
import { matchSuccessPolicy } from "./indexes.ts";
import { isFailed, judgeFailure } from "./podfailure.ts";
import type { Tally } from "./tally.ts";

export interface Verdict {
  readonly type: "FailureTarget" | "SuccessCriteriaMet";
  readonly reason: string;
  readonly message: string;
}

export const isSuspended = (job: Live<Job>): boolean => job.spec?.suspend === true;

export function isJobFinished(job: Pick<Job, "status">): boolean {
  return isConditionTrue(job.status?.conditions, "Complete") || isConditionTrue(job.status?.conditions, "Failed");
}

export const completionsReached: Verdict = {
  type: "SuccessCriteriaMet",
  reason: "CompletionsReached",
  message: "Reached expected number of succeeded pods",
};

export function verdictOf(job: Live<Job>, tally: Tally, startMs: number | undefined, nowMs: number): Verdict | undefined {
  return (
    writtenVerdict(job, "SuccessCriteriaMet") ??
    writtenVerdict(job, "FailureTarget") ??
    policyFailure(job, tally) ??
    limitFailure(job, tally, startMs, nowMs) ??
    indexFailure(job, tally) ??
    policySuccess(job, tally)
  );
}

function writtenVerdict(job: Live<Job>, type: Verdict["type"]): Verdict | undefined {
  const condition = findCondition(job.status?.conditions, type);
  return condition?.status === "True" ? { type, reason: condition.reason ?? "", message: condition.message ?? "" } : undefined;
}

const failure = (reason: string, message: string): Verdict => ({ type: "FailureTarget", reason, message });

function policyFailure(job: Live<Job>, { pods }: Tally): Verdict | undefined {
  for (const pod of pods) {
    const message = isFailed(pod, job) ? judgeFailure(job, pod).failJob : undefined;
    if (message !== undefined) return failure("PodFailurePolicy", message);
  }
  return undefined;
}

function limitFailure(job: Live<Job>, tally: Tally, startMs: number | undefined, nowMs: number): Verdict | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds } = job.spec ?? {};
  if (tally.failed > backoffLimit || restartsExceed(job, tally, backoffLimit)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (activeDeadlineSeconds === undefined || startMs === undefined || isSuspended(job)) return undefined;
  const late = nowMs - startMs >= activeDeadlineSeconds * 1000;
  return late ? failure("DeadlineExceeded", "Job was active longer than specified deadline") : undefined;
}

/** With restartPolicy OnFailure the kubelet restarts in place, and the restarts are the failures. */
function restartsExceed(job: Live<Job>, { pods }: Tally, limit: number): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== "OnFailure") return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === "Running" || status?.phase === "Pending")
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, one) => sum + one.restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function indexFailure(job: Live<Job>, { failedIndexes, succeededIndexes, completions }: Tally): Verdict | undefined {
  if (!failedIndexes) return undefined;
  const { maxFailedIndexes } = job.spec ?? {};
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  }
  const allEnded = failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions;
  return allEnded ? failure("FailedIndexes", "Job has failed indexes") : undefined;
}

function policySuccess(job: Live<Job>, { indexed, completions, succeededIndexes }: Tally): Verdict | undefined {
  const message = indexed ? matchSuccessPolicy(job.spec?.successPolicy, completions, succeededIndexes) : undefined;
  return message === undefined ? undefined : { type: "SuccessCriteriaMet", reason: "SuccessPolicy", message };
}
