// The ReplicaSet controller: keeps as many Pods of one template alive as its spec says.
// Invariant: it looks at its own Pods and at orphans only; what another controller owns does not exist for it.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { Pod, ReplicaSet } from "#api";
import { controllerOf, keyOf, type Lister, type Live } from "#client";
import { concerned } from "../claim.ts";
import { type Controller, defineController } from "../framework/define.ts";
import { planReplicaSet, type SeenReplicaSet } from "./plan.ts";

export const replicaSet: Controller = defineController<SeenReplicaSet>({
  name: "replicaset-controller",
  watches: [
    { resource: "replicasets.apps", keys: (set) => [keyOf(set)] },
    {
      resource: "pods",
      keys(pod, world) {
        const sets = world.lister<ReplicaSet>("replicasets.apps").byIndex("namespace", pod.metadata.namespace ?? "");
        return concerned(pod, "ReplicaSet", sets).map(keyOf);
      },
    },
  ],
  observe(key, world) {
    const sets = world.lister<ReplicaSet>("replicasets.apps");
    const set = sets.get(key);
    if (!set) return undefined;
    const all = world.lister<Pod>("pods");
    const pods = [...all.byIndex("owner", set.metadata.uid), ...all.byIndex("orphan", set.metadata.namespace ?? "")];
    return { saw: [set], set, pods, related: relatedPods(set, sets, all) };
  },
  plan: planReplicaSet,
});

/** During a rolling update two sets share nodes: deleting should thin out the node that is crowded by both. */
function relatedPods(set: Live<ReplicaSet>, sets: Lister<ReplicaSet>, pods: Lister<Pod>): Live<Pod>[] {
  const owner = controllerOf(set);
  const siblings = owner ? sets.byIndex("owner", owner.uid) : [set];
  return siblings.flatMap((sibling) => pods.byIndex("owner", sibling.metadata.uid));
}
