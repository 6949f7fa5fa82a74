// The ReplicaSet controller: keeps as many Pods of one template alive as its spec says.
// Invariant: it looks at its own Pods and at orphans only; what another controller owns does not exist for it.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import { isDeepStrictEqual } from "node:util";
import type { Pod, ReplicaSet } from "#api";
import { controllerOf, keyOf, type Lister, type Live } from "#client";
import { concerned } from "../claim.ts";
import { type Controller, defineController } from "../framework/define.ts";
import { isPodReady, readySinceMs } from "../pods.ts";
import { planReplicaSet, type SeenReplicaSet } from "./plan.ts";

export const replicaSet: Controller = defineController<SeenReplicaSet>({
  name: "replicaset-controller",
  watches: [
    { resource: "replicasets.apps", keys: (set) => [keyOf(set)] },
    {
      resource: "pods",
      keys: (pod, world) => concerned(pod, "ReplicaSet", world.lister<ReplicaSet>("replicasets.apps")).map(keyOf),
      matters: (old, pod) => isNews(old as Live<Pod>, pod as Live<Pod>),
    },
  ],
  observe(key, world) {
    const sets = world.lister<ReplicaSet>("replicasets.apps");
    const set = sets.get(key);
    if (!set) return undefined;
    const all = world.lister<Pod>("pods");
    const pods = [...all.byIndex("owner", set.metadata.uid), ...all.byIndex("orphan", set.metadata.namespace ?? "")];
    return {
      saw: [set],
      set,
      pods,
      // Only asked for when there is somebody to delete.
      get related() {
        return relatedPods(set, sets, all);
      },
    };
  },
  plan: planReplicaSet,
});

/** Of a Pod's many updates (its node, its address, its containers) a set counts only a few. */
export function isNews(old: Live<Pod>, pod: Live<Pod>): boolean {
  return (
    old.status?.phase !== pod.status?.phase ||
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    isPodReady(old) !== isPodReady(pod) ||
    readySinceMs(old) !== readySinceMs(pod) ||
    !isDeepStrictEqual(old.metadata.labels, pod.metadata.labels) ||
    !isDeepStrictEqual(old.metadata.ownerReferences, pod.metadata.ownerReferences)
  );
}

/** During a rolling update two sets share nodes: deleting should thin out the node that is crowded by both. */
function relatedPods(set: Live<ReplicaSet>, sets: Lister<ReplicaSet>, pods: Lister<Pod>): Live<Pod>[] {
  const owner = controllerOf(set);
  const siblings = owner ? sets.byIndex("owner", owner.uid) : [set];
  return siblings.flatMap((sibling) => pods.byIndex("owner", sibling.metadata.uid));
}
