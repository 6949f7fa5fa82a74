// The ReplicaSet's plan, and that of its elder, the ReplicationController: claim Pods, create the missing ones or delete the surplus, count what is there.
// Invariant: never more than `burst` Pods a pass, and none at all while the ReplicaSet is being deleted.
// Called by: the loop, by way of index.ts and ../replicationcontroller.ts. Next on the way: ranking.ts for whom to delete, status.ts for the counts.

import { type ApiError, type Pod, type ReplicaSet, type ReplicaSetStatus, selectorFromLabelSelector } from "#api";
import { type AnyObject, isControlledBy, type Live } from "#client";
import { plan } from "#lib";
import { claim } from "../claim.ts";
import type { Action, Plan } from "../framework/plan.ts";
import { createPod, deletePod, podFromTemplate } from "../podcontrol.ts";
import { isPodActive, isPodTerminating, nextAvailabilityMs } from "../pods.ts";
import { podsToDelete } from "./ranking.ts";
import { type Counted, replicaSetStatus, sameStatus } from "./status.ts";

export interface SeenReplicaSet {
  readonly saw: readonly Live<AnyObject>[];
  readonly set: Live<ReplicaSet>;
  /** The set's own Pods, and the namespace's orphans. */
  readonly pods: readonly Live<Pod>[];
  /** Pods of all ReplicaSets with the same owner. */
  readonly related: readonly Live<Pod>[];
  /** Whom the set stands for, where it is only a view of it. */
  readonly actor?: Actor;
}

/** An object that keeps Pods alive as a ReplicaSet does. */
export interface Actor {
  readonly resource: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly object: Live<AnyObject>;
}

const burst = 500;

function asItself(set: Live<ReplicaSet>): Actor {
  return { resource: "replicasets.apps", apiVersion: "apps/v1", kind: "ReplicaSet", object: set as Live<AnyObject> };
}

/** ReplicationControllers do not tell how many of theirs are ending. */
function statusOf(set: Live<ReplicaSet>, actor: Actor, counted: Counted, error: ApiError | undefined, nowMs: number): ReplicaSetStatus {
  const { terminatingReplicas, ...older } = replicaSetStatus(set, counted, error, nowMs);
  return actor.kind === "ReplicaSet" && terminatingReplicas !== undefined ? { ...older, terminatingReplicas } : older;
}

export function planReplicaSet(seen: SeenReplicaSet, { nowMs }: { nowMs: number }): Plan {
  const { set, pods } = seen;
  const actor = seen.actor ?? asItself(set);
  const owner = { ...actor, selector: set.spec?.selector };
  const { claimed: active, actions: claims } = claim(owner, "pods", pods.filter(isPodActive));
  const selector = selectorFromLabelSelector(set.spec?.selector);
  const terminating = pods.filter((pod) => isPodTerminating(pod) && isControlledBy(pod, set) && selector.matches(pod.metadata.labels));
  const wanted = set.spec?.replicas ?? 1;
  const { start, stop } = plan(wanted, active);
  const decision = `${active.length} of ${wanted} replicas`;

  const manage: Action[] = [];
  if (set.metadata.deletionTimestamp === undefined && start > 0) {
    manage.push({
      verb: "batch",
      slowStart: true,
      actions: Array.from({ length: Math.min(start, burst) }, () => createPod(owner, podFromTemplate(owner, set.spec?.template))),
    });
  } else if (set.metadata.deletionTimestamp === undefined && stop.length > 0) {
    const surplus = podsToDelete(active, seen.related, Math.min(stop.length, burst), nowMs);
    manage.push({ verb: "batch", slowStart: false, actions: surplus.map((pod) => deletePod(owner, pod)) });
  }

  const finish = (error: ApiError | undefined): readonly Action[] => {
    const status = statusOf(set, actor, { active, terminating }, error, nowMs);
    return sameStatus(set.status, status)
      ? []
      : [{ verb: "update", resource: actor.resource, subresource: "status", object: { ...actor.object, status } as Live<AnyObject> }];
  };
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const requeueAfterMs = minReadySeconds > 0 ? nextAvailabilityMs(active, minReadySeconds, nowMs) : undefined;
  return { actions: [...claims, ...manage], finish, decision, ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }) };
}
