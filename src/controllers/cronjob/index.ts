// The CronJob controller: Jobs by the clock.
// Invariant: it sleeps until something is due; its Jobs wake it when they end.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { CronJob, Job } from "#api";
import { controllerOf, isControlledBy, keyOf } from "#client";
import { type Controller, defineController } from "../framework/define.ts";
import { planCronJob, type SeenCronJob } from "./plan.ts";

const cronJobsName = "cronjobs.batch";

export const cronJob: Controller = defineController<SeenCronJob>({
  name: "cronjob-controller",
  watches: [
    { resource: cronJobsName, keys: (one) => [keyOf(one)] },
    {
      resource: "jobs.batch",
      keys(job, world) {
        const owner = controllerOf(job);
        if (owner?.kind !== "CronJob") return [];
        const known = world.lister<CronJob>(cronJobsName).get(`${job.metadata.namespace}/${owner.name}`);
        return known?.metadata.uid === owner.uid ? [keyOf(known)] : [];
      },
    },
  ],
  observe(key, world) {
    const found = world.lister<CronJob>(cronJobsName).get(key);
    if (!found) return undefined;
    const jobs = world.lister<Job>("jobs.batch").byIndex("owner", found.metadata.uid);
    return { saw: [found], cronJob: found, jobs: jobs.filter((job) => isControlledBy(job, found)) };
  },
  plan: planCronJob,
});
