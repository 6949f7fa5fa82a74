// A change of one object as the cache tells it: what it was, what it is, and why.
// Invariant: exactly one of `entry` and `previous` may be missing; one event exists once, however many watchers see it, and so do its encodings.
// Called by: cache/resource.ts (makes them), watch.ts (encodes and filters them). Next on the way: cache/watcher.ts.

import type { Cause, Revision } from "#store";
import type { Entry } from "./entry.ts";

export interface CacheEvent {
  readonly revision: Revision;
  readonly key: string;
  /** Missing: deleted. */
  readonly entry: Entry | undefined;
  /** Missing: created. */
  readonly previous: Entry | undefined;
  readonly cause: Cause | undefined;
  /** Finished lines by form, so that a thousand watchers cost one encoding. */
  readonly encodings: Map<string, Buffer>;
  readonly atMs: number;
  readonly bytes: number;
}

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

/** What a watcher sees whose selector took `matchedBefore` and takes `matchesNow`: leaving is a deletion, entering a creation. */
export function eventType(matchedBefore: boolean, matchesNow: boolean): EventType | undefined {
  if (matchesNow) return matchedBefore ? "MODIFIED" : "ADDED";
  return matchedBefore ? "DELETED" : undefined;
}
