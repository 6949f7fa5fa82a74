// How many Pods a running Job should have now, and which to create or delete for that.
// Invariant: never more active Pods than completions that are still missing; one pass creates or deletes, never both.
// Called by: plan.ts. Next on the way: ../podcontrol.ts.

import type { EnvVar, Job, Pod, PodTemplateSpec } from "#api";
import type { Live, New } from "#client";
import type { Action } from "../framework/plan.ts";
import { createPod, deletePod, podFromTemplate, type PodOwner } from "../podcontrol.ts";
import { isPodReady, isPodTerminating } from "../pods.ts";
import { podsToDelete } from "../replicaset/ranking.ts";
import { completionIndex, indexAnnotation } from "./indexes.ts";
import { isTracked, replacesOnlyFailed, trackingFinalizer } from "./podfailure.ts";
import { hasValidIndex, indexBackoffMs, inheritedFailures, type Tally } from "./tally.ts";
import { isSuspended } from "./verdict.ts";

export interface Managed {
  readonly actions: readonly Action[];
  readonly active: number;
  readonly terminating: number;
  readonly ready: number;
  readonly decision: string;
  readonly requeueAfterMs?: number;
}

const burst = 500;
const ownerOf = (job: Live<Job>): PodOwner => ({ apiVersion: "batch/v1", kind: "Job", object: job });

function wantedActive(job: Live<Job>, { active, succeeded }: Tally): number {
  const { completions, parallelism = 1 } = job.spec ?? {};
  if (isSuspended(job)) return 0;
  // Without a number of completions the first success ends the work: what runs may finish, nothing is added.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

export function manage(job: Live<Job>, tally: Tally, nowMs: number): Managed {
  const wanted = wantedActive(job, tally);
  const surplus = tooMany(job, tally, Math.max(0, tally.active.length - wanted), nowMs).slice(0, isSuspended(job) ? undefined : burst);
  const decision = `${tally.active.length} active of ${wanted} wanted, ${tally.succeeded} succeeded, ${tally.failed} failed`;
  if (surplus.length > 0) return { ...remove(job, tally, surplus), decision };
  const terminating = replacesOnlyFailed(job) ? tally.terminating.length : 0;
  const missing = Math.min(wanted - terminating - tally.active.length, burst);
  const same = { actions: [], active: tally.active.length, terminating: tally.terminating.length, ready: tally.ready, decision };
  if (missing <= 0 || isSuspended(job)) return same;
  if (tally.backoffMs > 0) return { ...same, decision: `${decision}; backing off`, requeueAfterMs: tally.backoffMs };
  const { indexes, waitMs } = tally.indexed ? nextIndexes(job, tally, missing, nowMs) : { indexes: undefined, waitMs: 0 };
  if (waitMs > 0) return { ...same, decision: `${decision}; backing off`, requeueAfterMs: waitMs };
  const made = (indexes ?? Array.from({ length: missing }, () => undefined)).map((index) =>
    createPod(ownerOf(job), newPod(job, tally, index)),
  );
  if (made.length === 0) return same;
  return { ...same, actions: [{ verb: "batch", slowStart: true, actions: made }], active: tally.active.length + made.length };
}

/** Ends what still runs, once the verdict is known; the finalizers go when the Pods have been counted. */
export function stopAll(job: Live<Job>, tally: Tally): Managed {
  const actions = tally.active.map((pod) => deletePod(ownerOf(job), pod));
  const terminating = tally.terminating.length + actions.length;
  return { actions: batch(actions), active: 0, terminating, ready: 0, decision: "the Job ends" };
}

const batch = (actions: readonly Action[]): Action[] => (actions.length === 0 ? [] : [{ verb: "batch", slowStart: false, actions }]);

/** The surplus does not count as failed: its finalizer goes first, so that nobody ever counts it. */
function remove(job: Live<Job>, tally: Tally, surplus: readonly Live<Pod>[]): Omit<Managed, "decision"> {
  return {
    actions: [...batch(surplus.flatMap(untrack)), ...batch(surplus.map((pod) => deletePod(ownerOf(job), pod)))],
    active: tally.active.length - surplus.length,
    terminating: tally.terminating.length + surplus.length,
    ready: tally.ready - surplus.filter((pod) => isPodReady(pod)).length,
  };
}

export function untrack(pod: Live<Pod>): Action[] {
  if (!isTracked(pod)) return [];
  const { name, namespace, uid } = pod.metadata;
  const target = { name, uid, ...(namespace === undefined ? {} : { namespace }) };
  const patch = { metadata: { "$deleteFromPrimitiveList/finalizers": [trackingFinalizer] } };
  return [{ verb: "patch", resource: "pods", target, type: "strategic", patch, tolerates: (error) => error.code === 404 }];
}

/** Pods with a wrong or a doubled index go in any case; then the least useful ones. */
function tooMany(job: Live<Job>, tally: Tally, atLeast: number, nowMs: number): Live<Pod>[] {
  if (isSuspended(job)) return [...tally.active];
  if (!tally.indexed) return podsToDelete(tally.active, [], atLeast, nowMs).slice(0, atLeast);
  const gone: Live<Pod>[] = tally.active.filter((pod) => !hasValidIndex(pod, tally.completions));
  const byIndex = Map.groupBy(
    tally.active.filter((pod) => hasValidIndex(pod, tally.completions)),
    completionIndex,
  );
  const left: Live<Pod>[] = [];
  for (const same of byIndex.values()) {
    const doubles = podsToDelete(same, [], same.length - 1, nowMs).slice(0, same.length - 1);
    gone.push(...doubles);
    left.push(...same.filter((pod) => !doubles.includes(pod)));
  }
  const more = Math.max(0, atLeast - gone.length);
  return [...gone, ...podsToDelete(left, [], more, nowMs).slice(0, more)];
}

function nextIndexes(job: Live<Job>, tally: Tally, count: number, nowMs: number): { indexes: number[]; waitMs: number } {
  const taken = new Set<number | undefined>(tally.active.map(completionIndex));
  if (replacesOnlyFailed(job)) for (const pod of tally.pods.filter(isPodTerminating)) taken.add(completionIndex(pod));
  const pending: number[] = [];
  for (let index = 0; index < tally.completions && pending.length < count; index++) {
    if (!taken.has(index) && !tally.succeededIndexes.has(index) && tally.failedIndexes?.has(index) !== true) pending.push(index);
  }
  if (!tally.failedIndexes) return { indexes: pending, waitMs: 0 };
  const waits = pending.map((index) => indexBackoffMs(tally.kept.get(index), nowMs));
  const indexes = pending.filter((_, at) => waits[at] === 0);
  return { indexes, waitMs: indexes.length > 0 || waits.length === 0 ? 0 : Math.min(...waits) };
}

function newPod(job: Live<Job>, tally: Tally, index: number | undefined): New<Pod> {
  const template = job.spec?.template;
  const finalizers = [...new Set([...(template?.metadata?.finalizers ?? []), trackingFinalizer])];
  if (index === undefined) return podFromTemplate(ownerOf(job), template, { finalizers });
  const labels = { ...template?.metadata?.labels, [indexAnnotation]: String(index) };
  const inherited = tally.failedIndexes ? inheritedFailures(job, tally.kept.get(index)) : {};
  const annotations = { ...template?.metadata?.annotations, [indexAnnotation]: String(index), ...inherited };
  const suffix = `-${index}-`;
  // Generated names have 58 characters before their random part.
  const generateName = `${job.metadata.name.slice(0, 58 - suffix.length)}${suffix}`;
  return podFromTemplate(ownerOf(job), indexedTemplate(template, `${job.metadata.name}-${index}`), {
    finalizers,
    labels,
    annotations,
    generateName,
  });
}

/** Every container is told its index, unless it has a variable of that name already. */
function indexedTemplate(template: PodTemplateSpec | undefined, hostname: string): PodTemplateSpec {
  const name = "JOB_COMPLETION_INDEX";
  const variable: EnvVar = { name, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } } };
  const told = <One extends { env?: EnvVar[] }>(one: One): One =>
    one.env?.some((each) => each.name === name) === true ? one : { ...one, env: [...(one.env ?? []), variable] };
  const { containers = [], initContainers, ...spec } = template?.spec ?? {};
  return {
    ...template,
    spec: {
      ...spec,
      hostname,
      containers: containers.map(told),
      ...(initContainers ? { initContainers: initContainers.map(told) } : {}),
    },
  };
}
