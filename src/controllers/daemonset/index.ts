// The DaemonSet controller: a Pod on every node, or on every node that it names by selector, affinity and tolerations.
// Invariant: a node's heartbeat wakes nobody; its labels and taints do.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { ControllerRevision, DaemonSet, Node, Pod } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { concerned } from "../claim.ts";
import { type Controller, defineController, type World } from "../framework/define.ts";
import { revisionsName } from "../revisions.ts";
import { FailedPods } from "./failures.ts";
import { planDaemonSet, type SeenDaemonSet } from "./plan.ts";

const setsName = "daemonsets.apps";

function ownersOf(object: Live<AnyObject>, world: World): string[] {
  return concerned(object, "DaemonSet", world.lister<DaemonSet>(setsName)).map(keyOf);
}

const name = "daemonset-controller";
const account = "daemon-set-controller";

/** What it remembers of failures it remembers as long as it runs. */
export const daemonSet: Controller = {
  name,
  account,
  component: name,
  prepare: (context) => remembering(new FailedPods()).prepare(context),
};

const remembering = (failed: FailedPods): Controller =>
  defineController<SeenDaemonSet>({
    name,
    account,
    component: name,
    watches: [
      { resource: setsName, keys: (set) => [keyOf(set)] },
      { resource: "pods", keys: ownersOf },
      { resource: revisionsName, keys: ownersOf },
      {
        resource: "nodes",
        keys: (_, world) => world.lister<DaemonSet>(setsName).list().map(keyOf),
        matters: (old, node) => placement(old) !== placement(node),
      },
    ],
    observe(key, world) {
      const set = world.lister<DaemonSet>(setsName).get(key);
      if (!set) return undefined;
      const own = <Kind extends AnyObject>(resource: string): Live<Kind>[] => {
        const all = world.lister<Kind>(resource);
        return [...all.byIndex("owner", set.metadata.uid), ...all.byIndex("orphan", set.metadata.namespace ?? "")];
      };
      const pods = own<Pod>("pods");
      return {
        saw: [set],
        set,
        nodes: world.lister<Node>("nodes").list(),
        pods,
        failedWaitsMs: failed.waits(set, pods, world.clock.nowMs()),
        revisions: own<ControllerRevision>(revisionsName),
      };
    },
    plan: planDaemonSet,
  });

function placement(object: Live<AnyObject>): string {
  const node = object as Live<Node>;
  return JSON.stringify([node.metadata.labels, node.spec?.taints]);
}
