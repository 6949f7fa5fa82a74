// Owner references: who made an object and manages it, and how to say so.
// Invariant: an object has at most one controller; a reference without the owner's uid is none.
// Called by: replicaset, deployment, garbage collector, kubelet (node leases). Next on the way: recorder.ts.

import type { OwnerReference } from "#api";
import type { AnyObject, Live } from "./objects.ts";

export function controllerOf(object: AnyObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

export function isControlledBy(object: AnyObject, owner: { metadata: { uid: string } }): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

export function controllerReference(owner: Live<AnyObject>, apiVersion: string, kind: string): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
