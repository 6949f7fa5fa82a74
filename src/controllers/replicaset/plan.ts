// The ReplicaSet's plan: claim Pods, create the missing ones or delete the surplus, count what is there.
// Invariant: never more than `burst` Pods a pass, and none at all while the ReplicaSet is being deleted.
// Called by: the loop, by way of index.ts. Next on the way: ranking.ts for whom to delete, status.ts for the counts.

import { type ApiError, type Pod, type ReplicaSet, selectorFromLabelSelector } from "#api";
import { type AnyObject, controllerReference, isControlledBy, type Live, type New } from "#client";
import { claim } from "../claim.ts";
import { type Action, isNamespaceTerminating, isNotFound, type Plan, targetOf } from "../framework/plan.ts";
import { isPodActive, isPodTerminating, nextAvailabilityMs } from "../pods.ts";
import { podsToDelete } from "./ranking.ts";
import { replicaSetStatus, sameStatus } from "./status.ts";

export interface SeenReplicaSet {
  readonly saw: readonly Live<AnyObject>[];
  readonly set: Live<ReplicaSet>;
  /** The set's own Pods, and the namespace's orphans. */
  readonly pods: readonly Live<Pod>[];
  /** Pods of all ReplicaSets with the same owner. */
  readonly related: readonly Live<Pod>[];
}

const burst = 500;
const apiVersion = "apps/v1";

export function planReplicaSet({ set, pods, related }: SeenReplicaSet, { nowMs }: { nowMs: number }): Plan {
  const owner = { resource: "replicasets.apps", apiVersion, kind: "ReplicaSet", object: set, selector: set.spec?.selector };
  const { claimed: active, actions: claims } = claim(owner, "pods", pods.filter(isPodActive));
  const selector = selectorFromLabelSelector(set.spec?.selector);
  const terminating = pods.filter((pod) => isPodTerminating(pod) && isControlledBy(pod, set) && selector.matches(pod.metadata.labels));
  const wanted = set.spec?.replicas ?? 1;
  const difference = active.length - wanted;
  const decision = `${active.length} of ${wanted} replicas`;

  const manage: Action[] = [];
  if (set.metadata.deletionTimestamp === undefined && difference < 0) {
    manage.push({ verb: "batch", slowStart: true, actions: Array.from({ length: Math.min(-difference, burst) }, () => createPod(set)) });
  } else if (set.metadata.deletionTimestamp === undefined && difference > 0) {
    const surplus = podsToDelete(active, related, Math.min(difference, burst), nowMs);
    manage.push({ verb: "batch", slowStart: false, actions: surplus.map((pod) => deletePod(set, pod)) });
  }

  const finish = (error: ApiError | undefined): readonly Action[] => {
    const status = replicaSetStatus(set, { active, terminating }, error, nowMs);
    return sameStatus(set.status, status)
      ? []
      : [{ verb: "update", resource: "replicasets.apps", subresource: "status", object: { ...set, status } as Live<AnyObject> }];
  };
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const requeueAfterMs = minReadySeconds > 0 ? nextAvailabilityMs(active, minReadySeconds, nowMs) : undefined;
  return { actions: [...claims, ...manage], finish, decision, ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }) };
}

function createPod(set: Live<ReplicaSet>): Action {
  const template = set.spec?.template;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const object: New<Pod> = {
    metadata: {
      generateName: `${set.metadata.name}-`,
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(set, apiVersion, "ReplicaSet")],
    },
    ...(template?.spec ? { spec: template.spec } : {}),
  };
  return {
    verb: "create",
    resource: "pods",
    object,
    tolerates: isNamespaceTerminating,
    tell: {
      about: set,
      succeeded: (pod) => ({ type: "Normal", reason: "SuccessfulCreate", message: `Created pod: ${pod?.metadata.name}` }),
      failed: (error) => ({ type: "Warning", reason: "FailedCreate", message: `Error creating: ${error.message}` }),
    },
  };
}

function deletePod(set: Live<ReplicaSet>, pod: Live<Pod>): Action {
  return {
    verb: "delete",
    resource: "pods",
    target: targetOf(pod),
    tolerates: isNotFound,
    tell: {
      about: set,
      succeeded: () => ({ type: "Normal", reason: "SuccessfulDelete", message: `Deleted pod: ${pod.metadata.name}` }),
      failed: (error) => ({ type: "Warning", reason: "FailedDelete", message: `Error deleting: ${error.message}` }),
    },
  };
}
