// When a Job's Pod counts as failed, when it finished, and what the pod failure policy says about it.
// Invariant: pure; the first rule that matches decides, and no rule means that the failure counts.
// Called by: tally.ts, track.ts. Next on the way: tally.ts.

import { type ContainerStatus, findCondition, type Job, type Pod, type PodFailurePolicyOnExitCodesRequirement } from "#api";
import type { Live } from "#client";

export const trackingFinalizer = "batch.kubernetes.io/job-tracking";

export const isTracked = (pod: Live<Pod>): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) === true;

/** A Pod that still terminates is not replaced: it is no failure until it has ended. */
export function replacesOnlyFailed(job: Live<Job>): boolean {
  return job.spec?.podReplacementPolicy === "Failed" || job.spec?.podFailurePolicy !== undefined;
}

export function isFailed(pod: Live<Pod>, job: Live<Job>): boolean {
  if (pod.status?.phase === "Failed") return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== "Succeeded";
}

export interface FailureVerdict {
  /** Whether the failure goes against backoffLimit. */
  readonly counts: boolean;
  readonly action?: string;
  /** Set when the rule fails the whole Job. */
  readonly failJob?: string;
}

export function judgeFailure(job: Live<Job>, pod: Live<Pod>): FailureVerdict {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const { action } = rule;
    let what: string | undefined;
    if (rule.onExitCodes) {
      const status = matchExitCode(pod, rule.onExitCodes);
      if (!status) continue;
      const exit = `failed with exit code ${status.state?.terminated?.exitCode}`;
      what = `Container ${status.name} for pod ${pod.metadata.namespace}/${pod.metadata.name} ${exit}`;
    } else {
      const condition = (pod.status?.conditions ?? []).find((one) =>
        rule.onPodConditions?.some((pattern) => pattern.type === one.type && (pattern.status ?? "True") === one.status),
      );
      if (!condition) continue;
      what = `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${condition.type}`;
    }
    if (action === "Ignore") return { counts: false, action };
    if (action !== "FailJob") return { counts: true, action };
    return { counts: true, action, failJob: `${what} matching ${action} rule at index ${index}` };
  }
  return { counts: true };
}

function matchExitCode(pod: Live<Pod>, { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement) {
  const statuses: readonly ContainerStatus[] = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.find(({ name, state }) => {
    const exitCode = state?.terminated?.exitCode ?? 0;
    if (exitCode === 0 || (containerName !== undefined && containerName !== name)) return false;
    return values.includes(exitCode) === (operator === "In");
  });
}

/** The containers' end, else when it ceased to be ready, else when it was deleted, else its birth. */
export function finishedMs(pod: Live<Pod>): number {
  const ended = containersEndedMs(pod);
  if (ended !== undefined) return ended;
  const ready = findCondition(pod.status?.conditions, "Ready");
  if (ready?.status === "False" && ready.lastTransitionTime !== undefined) return Date.parse(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined) return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return Date.parse(creationTimestamp ?? "") || 0;
}

function containersEndedMs(pod: Live<Pod>): number | undefined {
  const sidecars = new Set((pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name));
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []).filter((one) => sidecars.has(one.name)),
  ];
  const ends = statuses.map((one) => Date.parse(one.state?.terminated?.finishedAt ?? ""));
  return ends.length === 0 || ends.some(Number.isNaN) ? undefined : Math.max(...ends);
}

const firstBackoffMs = 10_000;
const maxBackoffMs = 600_000;

/** How long to wait before a replacement, after so many failures in a row of which the last was at `lastMs`. */
export function backoffLeftMs(failures: number, lastMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  const backoffMs = Math.min(firstBackoffMs * 2 ** Math.min(failures - 1, 16), maxBackoffMs);
  return Math.max(0, backoffMs - (nowMs - lastMs));
}
