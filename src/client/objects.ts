// The shapes that come back from the cluster: a kind's type plus what every stored object has.
// Invariant: whatever was read from the API server has a name, a uid and a resourceVersion; what is about to be created need not.
// Called by: typed.ts, the informer, every control loop. Next on the way: call.ts, one request.

import type { ObjectMeta } from "#api";
import type { SpanContext } from "#lib";

export interface LiveMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
}

/** An object as the API server returned it. */
export type Live<Kind> = Omit<Kind, "metadata"> & { metadata: LiveMeta };

/** The least that any object has: what generic code (informer, garbage collector) may look at. */
export interface AnyObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** What is about to be created: its kind is the resource's. */
export type New<Kind> = Omit<Kind, "apiVersion" | "kind"> & { apiVersion?: string; kind?: string };

export interface ListOf<Kind> {
  readonly items: readonly Live<Kind>[];
  readonly resourceVersion: string;
  /** Present while more pages follow. */
  readonly continue?: string;
}

export const watchEventTypes = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"] as const;
export type WatchEventType = (typeof watchEventTypes)[number];

/** One line of a watch. `cause` says under which trace the revision was written; only our own API server tells it. */
export interface WatchEvent<Kind> {
  readonly type: WatchEventType;
  readonly object: Live<Kind>;
  readonly cause?: SpanContext;
}

/** Why a write is made: the span it belongs to and the revisions that woke its writer. */
export interface WriteContext {
  readonly span?: SpanContext;
  readonly causes?: readonly number[];
}

/** `namespace/name`, or the bare name of a cluster-wide object. */
export function keyOf(object: { metadata?: { namespace?: string; name?: string } }): string {
  const { namespace, name } = object.metadata ?? {};
  return namespace === undefined || namespace === "" ? (name ?? "") : `${namespace}/${name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
