// The garbage collector's plan for one object: delete it when its owners are gone, hold it while dependents block, or cut it loose.
// Invariant: nothing is deleted whose owner a live look has found; every delete names the uid that was judged.
// Called by: the loop, by way of index.ts. Next on the way: framework/act.ts.

import type { OwnerReference, ResourceInfo } from "#api";
import type { AnyObject, Live } from "#client";
import { type Action, isNotFound, nothing, type Plan, targetOf } from "../framework/plan.ts";

export type OwnerState = "solid" | "absent" | "waiting" | "unknown" | "misplaced";

export interface Dependent {
  readonly resource: string;
  readonly object: Live<AnyObject>;
}

export interface SeenObject {
  readonly saw: readonly Live<AnyObject>[];
  readonly resource: string;
  readonly info: ResourceInfo;
  readonly object: Live<AnyObject>;
  /** Each owner as a live look has found it; `waiting`: it is being deleted and waits for its dependents. */
  readonly owners: readonly { reference: OwnerReference; state: OwnerState }[];
  readonly dependents: readonly Dependent[];
}

export const foreground = "foregroundDeletion";
export const orphan = "orphan";

export const isDeleting = (object: Live<AnyObject>): boolean => object.metadata.deletionTimestamp !== undefined;
export const holds = (object: Live<AnyObject>, finalizer: string): boolean => (object.metadata.finalizers ?? []).includes(finalizer);
/** It is being deleted in the foreground: it waits for its dependents to go first. */
export const isWaiting = (object: Live<AnyObject>): boolean => isDeleting(object) && holds(object, foreground);

export function planCollection(seen: SeenObject): Plan {
  const { object } = seen;
  if (isDeleting(object) && holds(object, orphan)) return planOrphaning(seen);
  if (isWaiting(object)) return planForeground(seen);
  if (isDeleting(object)) return nothing("already being deleted");
  return planOwned(seen);
}

/** Dependents lose the reference; then the object may go. */
function planOrphaning({ resource, object, dependents }: SeenObject): Plan {
  const cuts = dependents.map((dependent): Action => cutOwners(dependent.resource, dependent.object, [object.metadata.uid]));
  const actions: Action[] = cuts.length === 0 ? [] : [{ verb: "batch", slowStart: false, actions: cuts }];
  return { actions: [...actions, withoutFinalizer(resource, object, orphan)], decision: `its ${cuts.length} dependents are to live on` };
}

function planForeground({ resource, object, dependents }: SeenObject): Plan {
  const blocking = dependents.filter((dependent) => blocks(dependent.object, object.metadata.uid));
  if (blocking.length === 0)
    return { actions: [withoutFinalizer(resource, object, foreground)], decision: "no dependent blocks it any more" };
  // The dependents are keys of their own: they were woken when this object began to wait, and wake it when they are gone.
  return nothing(`waits for ${blocking.length} dependents`);
}

function planOwned(seen: SeenObject): Plan {
  const plan = planOwners(seen);
  const misplaced = seen.owners.find((owner) => owner.state === "misplaced");
  return misplaced ? { ...plan, actions: [misplacedEvent(seen.object, misplaced.reference), ...plan.actions] } : plan;
}

function planOwners({ resource, object, owners, dependents }: SeenObject): Plan {
  if (owners.length === 0) return nothing("has no owner");
  const lost = owners.filter(({ state }) => state === "absent" || state === "misplaced" || state === "waiting");
  const waiting = lost.some(({ state }) => state === "waiting");
  if (lost.length === 0) return nothing("its owners are there");
  if (lost.length < owners.length) {
    const uids = lost.map(({ reference }) => reference.uid);
    return { actions: [cutOwners(resource, object, uids)], decision: `${lost.length} of its ${owners.length} owners are gone` };
  }
  if (waiting && dependents.length > 0) {
    // A dependent that already waits for this object would wait for ever in a circle: it stops blocking.
    const circle = dependents.some((dependent) => isWaiting(dependent.object));
    const decision = "its owner waits for it, and it has dependents of its own";
    return circle
      ? { actions: [unblockOwners(resource, object)], decision, requeueAfterMs: 1 }
      : { actions: [remove(resource, object, "Foreground")], decision };
  }
  const policy = holds(object, orphan) ? "Orphan" : holds(object, foreground) ? "Foreground" : "Background";
  return { actions: [remove(resource, object, policy)], decision: waiting ? "its owner waits for it" : "its owners are gone" };
}

function misplacedEvent(object: Live<AnyObject>, { apiVersion, kind, name, uid }: OwnerReference): Action {
  const namespace = object.metadata.namespace ?? "";
  const message = `ownerRef [${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}] does not exist in namespace "${namespace}"`;
  return { verb: "event", about: object, type: "Warning", reason: "OwnerRefInvalidNamespace", message };
}

export function blocks(dependent: Live<AnyObject>, uid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some((one) => one.uid === uid && one.blockOwnerDeletion === true);
}

function remove(resource: string, object: Live<AnyObject>, propagationPolicy: string): Action {
  const { uid, resourceVersion } = object.metadata;
  // Also the revision: an owner that was added since must not lose it.
  const options = { propagationPolicy, preconditions: { uid, resourceVersion } };
  return { verb: "delete", resource, target: targetOf(object), options, tolerates: isNotFound };
}

function merge(resource: string, object: Live<AnyObject>, metadata: object): Action {
  // The revision makes the list in the patch safe: whoever changed it meanwhile causes a conflict and a new look.
  const patch = { metadata: { ...metadata, resourceVersion: object.metadata.resourceVersion, uid: object.metadata.uid } };
  return { verb: "patch", resource, target: targetOf(object), type: "merge", patch, tolerates: isNotFound };
}

function cutOwners(resource: string, object: Live<AnyObject>, uids: readonly string[]): Action {
  return merge(resource, object, { ownerReferences: (object.metadata.ownerReferences ?? []).filter((one) => !uids.includes(one.uid)) });
}

function unblockOwners(resource: string, object: Live<AnyObject>): Action {
  return merge(resource, object, {
    ownerReferences: (object.metadata.ownerReferences ?? []).map((one) => ({ ...one, blockOwnerDeletion: false })),
  });
}

function withoutFinalizer(resource: string, object: Live<AnyObject>, finalizer: string): Action {
  return merge(resource, object, { finalizers: (object.metadata.finalizers ?? []).filter((one) => one !== finalizer) });
}
