// The StatefulSet controller: Pods with a name, a turn and a disk of their own.
// Invariant: it looks at Pods that are called like members; what another controller owns does not exist for it.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { concerned } from "../claim.ts";
import { type Controller, defineController, type World } from "../framework/define.ts";
import { revisionsName } from "../revisions.ts";
import { claimNames } from "./claims.ts";
import { ordinalOf, startOrdinal } from "./identity.ts";
import { planStatefulSet, type SeenStatefulSet } from "./plan.ts";

const setsName = "statefulsets.apps";

function ownersOf(object: Live<AnyObject>, world: World): string[] {
  return concerned(object, "StatefulSet", world.lister<StatefulSet>(setsName)).map(keyOf);
}

export const statefulSet: Controller = defineController<SeenStatefulSet>({
  name: "statefulset-controller",
  watches: [
    { resource: setsName, keys: (set) => [keyOf(set)] },
    { resource: "pods", keys: ownersOf },
    { resource: revisionsName, keys: ownersOf },
  ],
  reads: ["persistentvolumeclaims"],
  observe(key, world) {
    const set = world.lister<StatefulSet>(setsName).get(key);
    if (!set) return undefined;
    const own = <Kind extends AnyObject>(resource: string): Live<Kind>[] => {
      const all = world.lister<Kind>(resource);
      return [...all.byIndex("owner", set.metadata.uid), ...all.byIndex("orphan", set.metadata.namespace ?? "")];
    };
    const pods = own<Pod>("pods");
    return { saw: [set], set, pods, revisions: own<ControllerRevision>(revisionsName), claims: claimsOf(set, pods, world) };
  },
  plan: planStatefulSet,
});

function claimsOf(set: Live<StatefulSet>, pods: readonly Live<Pod>[], world: World): Map<string, Live<PersistentVolumeClaim>> {
  const all = world.lister<PersistentVolumeClaim>("persistentvolumeclaims");
  const wanted = Array.from({ length: set.spec?.replicas ?? 1 }, (_, index) => startOrdinal(set) + index);
  const ordinals = new Set([...wanted, ...pods.map((pod) => ordinalOf(set, pod)).filter((one) => one !== undefined)]);
  const found = new Map<string, Live<PersistentVolumeClaim>>();
  for (const ordinal of ordinals) {
    for (const name of claimNames(set, ordinal)) {
      const claim = all.get(`${set.metadata.namespace}/${name}`);
      if (claim) found.set(name, claim);
    }
  }
  return found;
}
