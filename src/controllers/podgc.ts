// The Pod garbage collector: Pods that nobody will ever finish are taken away by force,
// and finished ones when there are too many.
// Invariant: a Pod is called orphaned only after its node was missing for `quarantineMs` and a live look agreed.
// Called by: index.ts, the list. Next on the way: framework/act.ts.

import { ApiError, type Node, type Pod, type PodCondition } from "#api";
import { keyOf, type Live } from "#client";
import { rfc3339 } from "#lib";
import { defineController, type World } from "./framework/define.ts";
import { type Action, isNotFound, nothing, type Plan, targetOf } from "./framework/plan.ts";
import { isPodTerminal } from "./pods.ts";
import { mostFinished, surplus } from "./podgc-finished.ts";

const quarantineMs = 40_000;

/** No Pod is called so: the key of all that have finished. */
const allFinished = "*";

interface SeenFinished {
  readonly saw: readonly Live<Pod>[];
}

interface SeenPod {
  readonly saw: readonly Live<Pod>[];
  readonly pod: Live<Pod>;
  /** Since when the Pod's node has been missing; undefined while it is there. */
  readonly nodeMissingForMs: number | undefined;
  readonly nodeGone: boolean;
}

export const podGarbageCollector = defineController<SeenPod | SeenFinished>({
  name: "pod-garbage-collector-controller",
  account: "pod-garbage-collector",
  watches: [
    {
      resource: "pods",
      keys: (pod, world) => [
        ...(isSuspect(pod as Live<Pod>, world) ? [keyOf(pod)] : []),
        ...(maybeTooMany(pod as Live<Pod>, world) ? [allFinished] : []),
      ],
    },
    {
      resource: "nodes",
      keys(node, world) {
        if (world.lister<Node>("nodes").get(node.metadata.name)) return [];
        const pods = world.lister<Pod>("pods").list();
        return pods.filter((pod) => pod.spec?.nodeName === node.metadata.name).map(keyOf);
      },
    },
  ],
  async observe(key, world, context) {
    if (key === allFinished) return { saw: surplus(world.lister<Pod>("pods").list(), mostFinished) };
    const pod = world.lister<Pod>("pods").get(key);
    if (!pod || !isSuspect(pod, world)) return undefined;
    const nodeName = pod.spec?.nodeName ?? "";
    if (nodeName === "") return { saw: [pod], pod, nodeMissingForMs: undefined, nodeGone: false };
    // The Pod's own youngest sign of life bounds how long its node can have been missing.
    const lastMs = Math.max(...[pod.metadata.creationTimestamp, pod.metadata.deletionTimestamp].map((time) => Date.parse(time ?? "") || 0));
    const nodeMissingForMs = context.clock.nowMs() - lastMs;
    return { saw: [pod], pod, nodeMissingForMs, nodeGone: nodeMissingForMs >= quarantineMs && (await isNodeGone(world, nodeName)) };
  },
  plan: (seen, now) => ("pod" in seen ? planPodCollection(seen, now) : planThinning(seen)),
});

function isSuspect(pod: Live<Pod>, world: World): boolean {
  const nodeName = pod.spec?.nodeName ?? "";
  if (nodeName === "") return pod.metadata.deletionTimestamp !== undefined;
  return world.lister<Node>("nodes").get(nodeName) === undefined;
}

/** Cheap, for it is asked of every change: only a large number of Pods is worth counting the finished ones. */
function maybeTooMany(pod: Live<Pod>, world: World): boolean {
  return isPodTerminal(pod) && world.lister<Pod>("pods").size > mostFinished;
}

export function planThinning({ saw }: SeenFinished): Plan {
  return { actions: saw.map(forceDelete), decision: `${saw.length} finished Pods more than ${mostFinished}` };
}

async function isNodeGone(world: World, name: string): Promise<boolean> {
  try {
    await world.client.resource("nodes").get(undefined, name);
    return false;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return true;
    throw error;
  }
}

export function planPodCollection({ pod, nodeMissingForMs, nodeGone }: SeenPod, { nowMs }: { nowMs: number }): Plan {
  if (nodeMissingForMs === undefined) {
    // A finalizer may hold it: whoever waits for its end (a Job) is told that it has come.
    return { actions: [...(isPodTerminal(pod) ? [] : [markFailed(pod)]), forceDelete(pod)], decision: "being deleted and never scheduled" };
  }
  if (nodeMissingForMs < quarantineMs) return { ...nothing("its node may come back"), requeueAfterMs: quarantineMs - nodeMissingForMs };
  if (!nodeGone) return nothing("its node is there after all");
  return {
    actions: [...(isPodTerminal(pod) ? [] : [markFailed(pod, nodeGoneCondition(nowMs))]), forceDelete(pod)],
    decision: "its node is gone",
  };
}

function nodeGoneCondition(nowMs: number): PodCondition {
  const message = "PodGC: node no longer exists";
  return { type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC", message, lastTransitionTime: rfc3339(nowMs) };
}

function markFailed(pod: Live<Pod>, condition?: PodCondition): Action {
  const patch = { status: { phase: "Failed", ...(condition ? { conditions: [condition] } : {}) } };
  return { verb: "patch", resource: "pods", target: targetOf(pod), type: "strategic", patch, subresource: "status", tolerates: isNotFound };
}

function forceDelete(pod: Live<Pod>): Action {
  return {
    verb: "delete",
    resource: "pods",
    target: targetOf(pod),
    options: { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } },
    tolerates: isNotFound,
  };
}
