// What a foreign store refuses, as the contract tells it: etcd's codes and texts come in, a StoreError goes out.
// Invariant: a write whose request may have reached the store is never told as failed; `outcomeUnknown` keeps etcd's own text.
// Called by: calls.ts, watch.ts. Next on the way: contract.ts; the API server's storeerrors.ts for what clients see.

import { GrpcError, Unsent } from "#wire";
import { StoreError, type StoreErrorCode } from "../contract.ts";

const texts: readonly (readonly [part: string, code: StoreErrorCode])[] = [
  ["required revision has been compacted", "compacted"],
  ["required revision is a future revision", "future"],
  ["request is too large", "tooLarge"],
  ["message larger than max", "tooLarge"],
  ["database space exceeded", "noSpace"],
  ["requested lease not found", "leaseNotFound"],
  // Refused before it was proposed.
  ["too many requests", "unavailable"],
  ["permission denied", "unavailable"],
];

/** Whether another member may know better, or the same one a moment later. */
export function isPassing(error: unknown): boolean {
  return error instanceof GrpcError && (error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED");
}

export function toStoreError(error: unknown, write: boolean): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const known = texts.find(([part]) => message.includes(part));
  if (known && error instanceof GrpcError) return new StoreError(known[1], message);
  return new StoreError(write && isPassing(error) && !(error instanceof Unsent) ? "outcomeUnknown" : "unavailable", message);
}
