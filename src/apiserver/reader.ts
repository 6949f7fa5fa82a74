// Stored objects for readers inside the API server: authorization, tokens, admission. They see what every client sees.
// Invariant: reads only the watch cache; what it hands out is frozen; a follower gets each state of each object in order and none twice.
// Called by: authz/, authn/, admission/. Next on the way: cache/resource.ts.

import { type ApiObject, type ResourceInfo, resources } from "#api";
import { assert, type Log } from "#lib";
import type { Store } from "#store";
import type { WatchCache } from "./cache/cache.ts";
import { type Entry, type EntryShape, objectOf } from "./cache/entry.ts";
import type { ResourceCache } from "./cache/resource.ts";
import type { Watcher } from "./cache/watcher.ts";
import { endOf, keyOf } from "./registry/keys.ts";
import type { ObjectReader, Unread } from "./stages.ts";

/** The decoded object: frozen, for others read it too. */
type Read = (shape: EntryShape, entry: Entry) => ApiObject;
type Changed = (namespace: string, name: string, shape: EntryShape, entry: Entry | undefined) => void;

/** How long a miss may wait for the cache to be as new as the store. */
const freshnessTimeoutMs = 3000;

export function cacheReader(cache: WatchCache, store: Store, log: Log): ObjectReader {
  const read: Read = (shape, entry) => cache.decoded.get(entry.key, entry.revision, entry.bytes.length, () => objectOf(shape, entry));
  const known = new Map<string, ResourceInfo[]>();
  const find = (group: string, resource: string): ResourceInfo => {
    let named = known.get(resource);
    if (named === undefined) known.set(resource, (named = resources.filter((one) => one.resource === resource)));
    const info = named.find((one) => one.group === group);
    assert(info, `${resource}.${group} is served`);
    return info;
  };
  const entryOf = async (info: ResourceInfo, namespace: string, name: string): Promise<Entry | undefined> => {
    const key = keyOf(cache.of(info).shape.info, namespace, name);
    const entry = cache.of(info).get(key);
    if (entry) return entry;
    // What is missing may have been written a moment ago.
    return (await cache.waitFor(await store.linearizableRevision(), freshnessTimeoutMs)) ? cache.of(info).get(key) : undefined;
  };
  const follow = (group: string, resource: string, changed: Changed): void => {
    const follower = new Follower(() => cache.of(find(group, resource)), changed);
    follower.start();
    follower.run().catch((error: unknown) => log.error("a reader inside the server failed", { resource, error }));
  };
  return {
    async get(group, resource, namespace, name) {
      const info = find(group, resource);
      const entry = await entryOf(info, namespace, name);
      return entry && read(cache.of(info).shape, entry);
    },
    async has(group, resource, namespace, name) {
      return (await entryOf(find(group, resource), namespace, name)) !== undefined;
    },
    async list(group, resource, namespace) {
      const one = cache.of(find(group, resource));
      // Of most kinds that admission asks for there is nothing.
      if (one.size === 0) return [];
      const prefix = namespace === undefined ? one.prefix : `${one.prefix}${namespace}/`;
      const objects: ApiObject[] = [];
      for (const [key, entry] of one.snapshot().entries(prefix)) {
        if (key >= endOf(prefix)) break;
        objects.push(read(one.shape, entry));
      }
      return objects;
    },
    async follow(group, resource, changed) {
      follow(group, resource, (namespace, name, shape, entry) => changed(namespace, name, entry && read(shape, entry)));
    },
    async followUnread(group, resource, changed) {
      const unread = (shape: EntryShape, entry: Entry): Unread => ({ fields: entry.fields, read: () => objectOf(shape, entry) });
      follow(group, resource, (namespace, name, shape, entry) => changed(namespace, name, entry && unread(shape, entry)));
    },
  };
}

/** Survives a cache that was filled anew: what has vanished meanwhile is told as deleted. */
class Follower {
  readonly #cache: () => ResourceCache;
  readonly #changed: Changed;
  readonly #seen = new Map<string, { namespace: string; name: string }>();
  #following: ResourceCache | undefined;
  #watcher: Watcher | undefined;

  constructor(cache: () => ResourceCache, changed: Changed) {
    this.#cache = cache;
    this.#changed = changed;
  }

  start(): void {
    const cache = this.#cache();
    this.#following = cache;
    const { watcher, state } = cache.watchFromNow({});
    this.#watcher = watcher;
    for (const [key, { namespace, name }] of this.#seen) if (!state.has(key)) this.#gone(key, namespace, name);
    for (const [key, entry] of state.entries()) {
      this.#seen.set(key, entry);
      this.#changed(entry.namespace, entry.name, cache.shape, entry);
    }
  }

  #gone(key: string, namespace: string, name: string): void {
    this.#seen.delete(key);
    this.#changed(namespace, name, this.#following!.shape, undefined);
  }

  async run(): Promise<void> {
    for (;;) {
      const items = await this.#watcher!.take();
      if (items.length === 0) {
        // The same cache ended us: it is closed for good. Another one: start over from it.
        if (this.#cache() === this.#following && this.#following!.isClosed) return;
        this.start();
      }
      for (const item of items) {
        if (item.type !== "event") continue;
        const { key, entry, previous } = item.event;
        if (!entry) {
          this.#gone(key, previous!.namespace, previous!.name);
          continue;
        }
        this.#seen.set(key, entry);
        this.#changed(entry.namespace, entry.name, this.#following!.shape, entry);
      }
    }
  }
}
