// The Job controller: Pods that are to end, counted to the last one.
// Invariant: a Pod of a Job cannot vanish before it is counted: its finalizer is taken off here and nowhere else.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { Job, Pod } from "#api";
import { type AnyObject, controllerOf, keyOf, type Live } from "#client";
import { concerned } from "../claim.ts";
import { type Controller, defineController, type World } from "../framework/define.ts";
import { planJob, type SeenJob } from "./plan.ts";
import { isTracked } from "./podfailure.ts";
import { isJobFinished } from "./verdict.ts";

const jobsName = "jobs.batch";
/** Keys of Pods stand beside those of Jobs; a colon is in no name. */
const lostPrefix = "lost pod:";
const lostKey = (pod: Live<AnyObject>): string => `${lostPrefix}${keyOf(pod)}`;

export const job: Controller = defineController<SeenJob>({
  name: "job-controller",
  watches: [
    {
      resource: jobsName,
      keys(one, world) {
        const running = world.lister<Job>(jobsName).get(keyOf(one));
        if (running && running.metadata.uid === one.metadata.uid && !isJobFinished(running)) return [keyOf(one)];
        const left = world.lister<Pod>("pods").byIndex("owner", one.metadata.uid).filter(isTracked);
        return [keyOf(one), ...left.map(lostKey)];
      },
    },
    {
      resource: "pods",
      keys(pod, world) {
        const jobs = world.lister<Job>(jobsName);
        const keys = concerned(pod, "Job", jobs).map(keyOf);
        return isTracked(pod as Live<Pod>) && isLost(pod, world) ? [...keys, lostKey(pod)] : keys;
      },
    },
  ],
  observe(key, world) {
    const pods = world.lister<Pod>("pods");
    if (key.startsWith(lostPrefix)) {
      const pod = pods.get(key.slice(lostPrefix.length));
      return pod && isTracked(pod) && isLost(pod, world) ? { saw: [pod], pods: [pod] } : undefined;
    }
    const one = world.lister<Job>(jobsName).get(key);
    if (!one) return undefined;
    const candidates = [...pods.byIndex("owner", one.metadata.uid), ...pods.byIndex("orphan", one.metadata.namespace ?? "")];
    return { saw: [one], job: one, pods: candidates };
  },
  plan: planJob,
});

/** Nobody will count it: it has no controller, or its Job has gone or is finished. */
function isLost(pod: Live<AnyObject>, world: World): boolean {
  const owner = controllerOf(pod);
  if (!owner) {
    // A Job that matches it would adopt it.
    const jobs = world.lister<Job>(jobsName);
    return concerned(pod, "Job", jobs).length === 0;
  }
  if (owner.kind !== "Job" || owner.apiVersion !== "batch/v1") return false;
  const known = world.lister<Job>(jobsName).get(`${pod.metadata.namespace}/${owner.name}`);
  return known?.metadata.uid !== owner.uid || isJobFinished(known);
}
