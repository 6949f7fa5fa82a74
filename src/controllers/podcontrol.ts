// Making and deleting Pods for an owner: the same two writes, with the same Events, for every workload.
// Invariant: a Pod carries its owner's reference from birth; a namespace that is going away is no failure.
// Called by: replicaset, job, daemonset, statefulset. Next on the way: framework/act.ts.

import type { ObjectMeta, Pod, PodTemplateSpec } from "#api";
import { type AnyObject, controllerReference, type Live, type New } from "#client";
import { type Action, isNamespaceTerminating, isNotFound, targetOf, type Telling } from "./framework/plan.ts";

export interface PodOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly object: Live<AnyObject>;
}

/** The Pod that a template describes; `generateName` is the owner's name unless said otherwise. */
export function podFromTemplate(owner: PodOwner, template: PodTemplateSpec | undefined, more: Partial<ObjectMeta> = {}): New<Pod> {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { name, namespace } = owner.object.metadata;
  const named: Partial<ObjectMeta> = more.name === undefined ? { generateName: more.generateName ?? `${name}-` } : { name: more.name };
  const { name: _, generateName: __, ...rest } = more;
  return {
    metadata: {
      ...named,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner.object, owner.apiVersion, owner.kind)],
      ...rest,
    },
    ...(template?.spec ? { spec: template.spec } : {}),
  };
}

export function createPod(owner: PodOwner, object: New<Pod>): Action {
  return {
    verb: "create",
    resource: "pods",
    object,
    tolerates: isNamespaceTerminating,
    tell: {
      about: owner.object,
      succeeded: (pod) => ({ type: "Normal", reason: "SuccessfulCreate", message: `Created pod: ${pod?.metadata.name}` }),
      failed: (error) => ({ type: "Warning", reason: "FailedCreate", message: `Error creating: ${error.message}` }),
    },
  };
}

export function deletePod(owner: PodOwner, pod: Live<Pod>): Action {
  return { verb: "delete", resource: "pods", target: targetOf(pod), tolerates: isNotFound, tell: tellDeletion(owner, pod) };
}

function tellDeletion(owner: PodOwner, pod: Live<Pod>): Telling {
  return {
    about: owner.object,
    succeeded: () => ({ type: "Normal", reason: "SuccessfulDelete", message: `Deleted pod: ${pod.metadata.name}` }),
    failed: (error) => ({ type: "Warning", reason: "FailedDelete", message: `Error deleting: ${error.message}` }),
  };
}
