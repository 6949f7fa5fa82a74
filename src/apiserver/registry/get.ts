// GET of one object, from the cache.
// Invariant: without a resourceVersion the answer is at least as new as the request; with one, at least as new as that.
// Called by: registry.ts, subresources. Next on the way: cache/cache.ts.

import { ApiError } from "#api";
import { revision as toRevision } from "#store";
import type { HttpResponse } from "#wire";
import { type Entry, entryFromStore, PoisonedValue } from "../cache/entry.ts";
import type { Call } from "../call.ts";
import { answerEntry } from "./answer.ts";
import { subjectOf, targetOf } from "./write.ts";

export const freshnessTimeoutMs = 3000;

export async function get(call: Call): Promise<HttpResponse> {
  return answerEntry(call, 200, await getEntry(call, call.info.name, call.info.query.get("resourceVersion") ?? ""));
}

/** The revision a request names; undefined for none. Other texts are refused as upstream refuses them. */
export function readRevision(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  throw ApiError.of(500, "", `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`);
}

/** False: the cache could not catch up in time and the store has to be asked. */
export async function waitUntilFresh(call: Call): Promise<boolean> {
  const { store, cache } = call.core;
  return cache.waitFor(await store.linearizableRevision(), freshnessTimeoutMs);
}

/** Waits until the cache has reached a revision that somebody has seen; 504 if it does not. */
export async function waitUntil(call: Call, wanted: number): Promise<void> {
  const { cache } = call.core;
  if (!(await cache.waitFor(toRevision(wanted), freshnessTimeoutMs))) throw ApiError.tooLargeResourceVersion(wanted, cache.revision);
}

export async function getEntry(call: Call, name: string, resourceVersion: string): Promise<Entry> {
  const target = targetOf(call, name);
  const wanted = readRevision(resourceVersion);
  const cache = call.core.cache.of(call.resource);
  if (wanted === undefined) {
    if (!(await waitUntilFresh(call))) {
      const { kvs } = await call.core.store.range({ start: target.key });
      if (kvs[0]) return entryFromStore(target.shape, kvs[0]);
      throw ApiError.notFound(subjectOf(call), name);
    }
  } else if (wanted > 0) await waitUntil(call, wanted);
  const entry = cache.get(target.key);
  if (entry) return entry;
  const poisoned = cache.poisoned.get(target.key);
  if (poisoned) throw new PoisonedValue(poisoned.message);
  throw ApiError.notFound(subjectOf(call), name);
}
