// TTL after finished: a Job that asks for it goes some time after its end, with its Pods.
// Invariant: the clock starts when the Job finished; the deletion names the revision it looked at, since the TTL may have been changed.
// Called by: index.ts, the list. Next on the way: job/, which makes Jobs finish.

import type { Job } from "#api";
import { keyOf, type Live } from "#client";
import { defineController } from "./framework/define.ts";
import { isNotFound, nothing, type Plan, targetOf } from "./framework/plan.ts";
import { isJobFinished } from "./job/verdict.ts";

interface SeenFinished {
  readonly saw: readonly Live<Job>[];
  readonly job: Live<Job>;
}

const due = (job: Live<Job>): boolean =>
  job.spec?.ttlSecondsAfterFinished !== undefined && isJobFinished(job) && job.metadata.deletionTimestamp === undefined;

export const ttlAfterFinished = defineController<SeenFinished>({
  name: "ttl-after-finished-controller",
  watches: [{ resource: "jobs.batch", keys: (job) => (due(job as Live<Job>) ? [keyOf(job)] : []) }],
  observe(key, world) {
    const job = world.lister<Job>("jobs.batch").get(key);
    return job && due(job) ? { saw: [job], job } : undefined;
  },
  plan: planExpiry,
});

export function planExpiry({ job }: SeenFinished, { nowMs }: { nowMs: number }): Plan {
  const end = job.status?.conditions?.find((one) => (one.type === "Complete" || one.type === "Failed") && one.status === "True");
  const expiresMs = Date.parse(end?.lastTransitionTime ?? "") + (job.spec?.ttlSecondsAfterFinished ?? 0) * 1000;
  if (Number.isNaN(expiresMs)) return nothing("nobody knows when the Job finished");
  if (expiresMs > nowMs) return { ...nothing("the Job may stay for a while"), requeueAfterMs: expiresMs - nowMs };
  const { uid, resourceVersion } = job.metadata;
  // A Job that was touched since is looked at again, not deleted.
  const options = { propagationPolicy: "Foreground", preconditions: { uid, resourceVersion } };
  return {
    actions: [{ verb: "delete", resource: "jobs.batch", target: targetOf(job), options, tolerates: isNotFound }],
    decision: "the Job has finished and its time is up",
  };
}
