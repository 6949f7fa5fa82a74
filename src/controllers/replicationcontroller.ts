// The ReplicationController controller: what a ReplicaSet is today, under its older name.
// Invariant: it decides nothing itself: each ReplicationController is seen as the ReplicaSet it could have been.
// Called by: index.ts, the list. Next on the way: replicaset/plan.ts.

import type { Pod, ReplicaSet, ReplicationController } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { concerned } from "./claim.ts";
import { type Controller, defineController } from "./framework/define.ts";
import { isNews } from "./replicaset/index.ts";
import { planReplicaSet, type SeenReplicaSet } from "./replicaset/plan.ts";

const resource = "replicationcontrollers";

/** Selectors were plain labels then. */
export function asReplicaSet(object: Live<ReplicationController>): Live<ReplicaSet> {
  const { spec } = object;
  return { ...object, spec: { ...spec, selector: { matchLabels: { ...spec?.selector } } } } as Live<ReplicaSet>;
}

export const replicationController: Controller = defineController<SeenReplicaSet>({
  name: "replicationcontroller-controller",
  account: "replication-controller",
  watches: [
    { resource, keys: (object) => [keyOf(object)] },
    {
      resource: "pods",
      keys(pod, world) {
        const all = world.lister<ReplicationController>(resource);
        const sets = { byIndex: (index: string, value: string) => all.byIndex(index, value).map(asReplicaSet) };
        return concerned(pod, "ReplicationController", sets).map(keyOf);
      },
      matters: (old, pod) => isNews(old as Live<Pod>, pod as Live<Pod>),
    },
  ],
  observe(key, world) {
    const object = world.lister<ReplicationController>(resource).get(key);
    if (!object) return undefined;
    const all = world.lister<Pod>("pods");
    const related = all.byIndex("owner", object.metadata.uid);
    const pods = [...related, ...all.byIndex("orphan", object.metadata.namespace ?? "")];
    const actor = { resource, apiVersion: "v1", kind: "ReplicationController", object: object as Live<AnyObject> };
    return { saw: [object as Live<AnyObject>], set: asReplicaSet(object), pods, related, actor };
  },
  plan: planReplicaSet,
});
