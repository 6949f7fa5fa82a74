// What holds for the metadata of every object, whatever its kind: who fills it and what is inherited.
// Invariant: uid, creationTimestamp and deletionTimestamp are the server's; texts are upstream's.
// Called by: create.ts, update.ts. Next on the way: api's validateObjectMeta, which judges the rest.

import { type ApiObject, ApiError, type ObjectMeta } from "#api";
import { type Clock, type Prng, rfc3339, uuid } from "#lib";

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

/** A new object's beginning: whatever the writer claimed to be the server's is replaced. */
export function fillSystemFields(metadata: ObjectMeta, clock: Clock, prng: Prng): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.generation;
  metadata.uid = uuid(prng);
  metadata.creationTimestamp = rfc3339(clock.nowMs());
}

/** The path decides the namespace; a body may repeat it, not contradict it. */
export function ensureNamespace(object: ApiObject, namespace: string): void {
  const given = object.metadata.namespace ?? "";
  if (namespace === "") delete object.metadata.namespace;
  else if (given === "" || given === namespace) object.metadata.namespace = namespace;
  else throw ApiError.badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** What an update inherits: nothing of the server's own can be changed or lost. */
export function inheritSystemFields(metadata: ObjectMeta, old: ObjectMeta): void {
  if (!metadata.uid && old.uid !== undefined) metadata.uid = old.uid;
  if (old.creationTimestamp !== undefined) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  if (old.generateName !== undefined && metadata.generateName === undefined) metadata.generateName = old.generateName;
  delete metadata.selfLink;
}
