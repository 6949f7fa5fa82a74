// Taint eviction: NoExecute taints drive Pods away, at once or when their toleration runs out.
// Invariant: the time runs from when the taint was first seen on the Pod's node; a taint that goes in time stops the clock.
// Called by: ../index.ts, the list. The Pod's own controller then makes another one, elsewhere.

import { type Node, type Pod, type Taint, tolerates } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { rfc3339 } from "#lib";
import { type Controller, defineController, type World } from "../framework/define.ts";
import { type Action, isNotFound, nothing, type Plan, targetOf } from "../framework/plan.ts";

export interface SeenEviction {
  readonly saw: readonly Live<AnyObject>[];
  readonly pod: Live<Pod>;
  readonly taints: readonly Taint[];
  readonly sinceMs: number;
  /** A deletion had been waiting for its time. */
  readonly waited: boolean;
}

const noExecute = (node: Live<Node> | undefined): Taint[] => (node?.spec?.taints ?? []).filter((one) => one.effect === "NoExecute");

/** Milliseconds for which the Pod bears all the taints; Infinity for ever, 0 not at all. */
export function toleratedMs(pod: Live<Pod>, taints: readonly Taint[]): number {
  const tolerations = pod.spec?.tolerations ?? [];
  const used = taints.map((taint) => tolerations.filter((one) => tolerates(one, taint)));
  if (used.some((matching) => matching.length === 0)) return 0;
  const limits = used.flat().map((one) => (one.tolerationSeconds === undefined ? Infinity : Math.max(0, one.tolerationSeconds) * 1000));
  return Math.min(Infinity, ...limits);
}

export function planEviction({ pod, taints, sinceMs, waited }: SeenEviction, { nowMs }: { nowMs: number }): Plan {
  const tolerated = toleratedMs(pod, taints);
  if (taints.length === 0 || tolerated === Infinity) {
    return { actions: waited ? [tell(pod, "Cancelling deletion of Pod")] : [], decision: "nothing drives the Pod away" };
  }
  const leftMs = sinceMs + tolerated - nowMs;
  if (leftMs > 0) return { ...nothing("the Pod bears the taint for a while"), requeueAfterMs: leftMs };
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
    lastTransitionTime: rfc3339(nowMs),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  const target = targetOf(pod);
  const patch = { status: { conditions: [condition] } };
  return {
    actions: [
      tell(pod, "Marking for deletion Pod"),
      { verb: "patch", resource: "pods", target, type: "strategic", patch, subresource: "status", tolerates: isNotFound },
      { verb: "delete", resource: "pods", target, tolerates: isNotFound },
    ],
    decision: "the Pod does not bear its node's taint (any longer)",
  };
}

function tell(pod: Live<Pod>, what: string): Action {
  const { namespace = "", name } = pod.metadata;
  const about = { apiVersion: "v1", kind: "Pod", namespace, name };
  return { verb: "event", about, type: "Normal", reason: "TaintManagerEviction", message: `${what} ${keyOf(pod)}` };
}

export const taintEviction: Controller = {
  name: "taint-eviction-controller",
  account: "node-controller",
  component: "taint-eviction-controller",
  prepare(context) {
    /** Uid of a Pod → when it was first seen on a tainted node. */
    const since = new Map<string, number>();
    const isTainted = (pod: Live<AnyObject>, world: World): boolean =>
      noExecute(world.lister<Node>("nodes").get((pod as Live<Pod>).spec?.nodeName ?? "")).length > 0;
    return defineController<SeenEviction>({
      name: this.name,
      account: this.account,
      watches: [
        {
          resource: "pods",
          keys(pod, world) {
            if (!world.lister<Pod>("pods").get(keyOf(pod))) since.delete(pod.metadata.uid);
            return isTainted(pod, world) || since.has(pod.metadata.uid) ? [keyOf(pod)] : [];
          },
        },
        {
          resource: "nodes",
          keys(node, world) {
            if (noExecute(node as Live<Node>).length === 0) return [];
            const pods = world.lister<Pod>("pods").list();
            return pods.filter((pod) => pod.spec?.nodeName === node.metadata.name).map(keyOf);
          },
          matters: (old, node) => JSON.stringify(noExecute(old as Live<Node>)) !== JSON.stringify(noExecute(node as Live<Node>)),
        },
      ],
      observe(key, world) {
        const pod = world.lister<Pod>("pods").get(key);
        const node = world.lister<Node>("nodes").get(pod?.spec?.nodeName ?? "");
        if (!pod || !node || pod.metadata.deletionTimestamp !== undefined) {
          if (pod) since.delete(pod.metadata.uid);
          return undefined;
        }
        const taints = noExecute(node);
        const known = since.get(pod.metadata.uid);
        const bounded = taints.length > 0 && toleratedMs(pod, taints) !== Infinity;
        if (!bounded) since.delete(pod.metadata.uid);
        else if (known === undefined) since.set(pod.metadata.uid, context.clock.nowMs());
        return { saw: [pod, node], pod, taints, sinceMs: known ?? context.clock.nowMs(), waited: known !== undefined && !bounded };
      },
      plan: planEviction,
    }).prepare(context);
  },
};
