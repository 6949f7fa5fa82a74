// The Deployment controller: rolls a Pod template out by growing one ReplicaSet and shrinking the others.
// Invariant: it never touches a Pod; it reads Pods only to know, for Recreate, whether old ones still run.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { Deployment, Pod, ReplicaSet } from "#api";
import { controllerOf, keyOf } from "#client";
import { concerned } from "../claim.ts";
import { type Controller, defineController } from "../framework/define.ts";
import { replicaSetName } from "./draft.ts";
import { planDeployment, type SeenDeployment } from "./plan.ts";
import { templateHash } from "./template.ts";

export const deployment: Controller = defineController<SeenDeployment>({
  name: "deployment-controller",
  watches: [
    { resource: "deployments.apps", keys: (one) => [keyOf(one)] },
    {
      resource: "replicasets.apps",
      keys: (set, world) => concerned(set, "Deployment", world.lister<Deployment>("deployments.apps")).map(keyOf),
    },
    {
      resource: "pods",
      keys(pod, world) {
        const reference = controllerOf(pod);
        if (reference?.kind !== "ReplicaSet") return [];
        return world
          .lister<ReplicaSet>("replicasets.apps")
          .byIndex("uid", reference.uid)
          .flatMap((set) => concerned(set, "Deployment", world.lister<Deployment>("deployments.apps")))
          .filter((one) => one.spec?.strategy?.type === "Recreate")
          .map(keyOf);
      },
    },
  ],
  observe(key, world) {
    const found = world.lister<Deployment>("deployments.apps").get(key);
    if (!found) return undefined;
    const { namespace = "", name, uid } = found.metadata;
    const all = world.lister<ReplicaSet>("replicasets.apps");
    const sets = [...all.byIndex("owner", uid), ...all.byIndex("orphan", namespace)];
    const namesake = all.get(`${namespace}/${replicaSetName(name, templateHash(found.spec?.template, found.status?.collisionCount))}`);
    const saw = [found, ...all.byIndex("owner", uid)];
    return { saw, deployment: found, sets, namesake, podsOf: (owner) => world.lister<Pod>("pods").byIndex("owner", owner) };
  },
  plan: planDeployment,
});
