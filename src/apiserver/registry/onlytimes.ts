// Whether a write would move nothing but the times in managedFields.
// Invariant: true only if the object with its old owners encodes to the very bytes that are stored.
// Called by: write.ts, for a write whose bytes are not those that are stored. Next on the way: api/apply/managers.ts, which sets the times.

import { type ApiObject, encodeJson, type ManagedFieldsEntry, sameOwners } from "#api";
import type { Entry } from "../cache/entry.ts";
import { objectEnd } from "../cache/splice.ts";
import type { Target } from "./write.ts";

/** A write that says again what is there already is no change, though it would move its owner's time. */
export function onlyTimesMoved(
  object: ApiObject,
  bytes: Buffer,
  { before, owners, target }: { before: Entry; owners: readonly ManagedFieldsEntry[] | undefined; target: Target },
): boolean {
  const { managedFields = [] } = object.metadata;
  if (bytes.length !== before.bytes.length || owners === undefined) return false;
  // Most updates of the same length say something else behind the metadata: a heartbeat, a count.
  const end = objectEnd(bytes, target.shape.head.length - 1);
  if (bytes.subarray(end).compare(before.bytes.subarray(end)) !== 0 || !sameOwners(managedFields, owners)) return false;
  const metadata = { ...object.metadata, managedFields: [...owners] };
  return encodeJson({ ...object, metadata }, target.shape.info.type).compare(before.bytes) === 0;
}
