// The one watch cache: a single store watch over /registry/, dealt out to a cache per resource.
// Invariant: `revision` says up to where every resource's cache is complete; it never goes back while this cache lives.
// Called by: registry/, watch.ts, reader.ts; fed by the store only. Next on the way: cache/resource.ts.

import type { ResourceInfo } from "#api";
import { type Clock, type Log, type MetricRegistry, Slicer } from "#lib";
import { type EventBatch, type KeyValue, type Revision, revision as toRevision, type Store, StoreError, type StoreWatch } from "#store";
import { endOf, prefixOf, registryRoot } from "../registry/keys.ts";
import { DecodedObjects } from "./decoded.ts";
import { type Entry, entryShape } from "./entry.ts";
import { type CacheLimits, defaultCacheLimits, ResourceCache } from "./resource.ts";

export interface WatchCacheOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly resources: readonly ResourceInfo[];
  readonly limits?: Partial<CacheLimits>;
}

/** How many just-written entries wait for their event; more are simply decoded again. */
const maxExpected = 1024;
const loadPage = 500;
/** How far back a new cache begins. */
const replayedRevisions = 1000;
const catchUpMs = 30_000;
const maxRestartDelayMs = 5000;

export class WatchCache {
  readonly #options: WatchCacheOptions;
  readonly #limits: CacheLimits;
  #resources = new Map<string, ResourceCache>();
  /** Where each resource's objects lie: asked for several times in each request. */
  readonly #prefixes = new WeakMap<ResourceInfo, string>();
  /** What readers inside the server have decoded. */
  readonly decoded = new DecodedObjects();
  readonly #expected = new Map<string, Entry>();
  readonly #waiting = new Set<{ revision: Revision; done: () => void }>();
  readonly #poisoned;
  #revision: Revision = toRevision(0);
  #watch: StoreWatch | undefined;
  #closed = false;
  #failures = 0;

  constructor(options: WatchCacheOptions) {
    this.#options = options;
    this.#limits = { ...defaultCacheLimits, ...options.limits };
    this.#poisoned = options.metrics.counter("apiserver_storage_decode_errors_total", "Stored values that did not decode");
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** Every served resource has one; another version of the same objects shares it. */
  of(info: ResourceInfo): ResourceCache {
    let prefix = this.#prefixes.get(info);
    if (prefix === undefined) this.#prefixes.set(info, (prefix = prefixOf(info)));
    return this.#resources.get(prefix)!;
  }

  all(): Iterable<ResourceCache> {
    return this.#resources.values();
  }

  /** Reads everything once, then follows. Resolves when nothing that was written before is missing. */
  async start(): Promise<void> {
    const { store, log } = this.#options;
    const { revision: newest } = await store.range({ start: registryRoot, limit: 1 });
    const from = await this.#fill(this.#startingPoint(newest)).catch((error: unknown) => {
      // Somebody compacted in between: then without history.
      if (error instanceof StoreError && error.code === "compacted") return this.#fill(newest);
      throw error;
    });
    if (this.#closed) return;
    this.#advance(from);
    this.#follow();
    if (!(await this.waitFor(newest, catchUpMs))) log.warn("the watch cache is still catching up", { revision: this.#revision, newest });
    log.debug("watch cache is filled", { revision: newest, from });
  }

  async #fill(revision: Revision): Promise<Revision> {
    const { store, clock } = this.#options;
    const resources = this.#emptyCaches(revision);
    const slicer = new Slicer(clock);
    let start: string | undefined = registryRoot;
    while (start !== undefined) {
      const page = await store.range({ start, end: endOf(registryRoot), revision, limit: loadPage });
      for (const kv of page.kvs) {
        cacheOf(resources, kv.key)?.load(kv);
        if (slicer.spent) await slicer.turn();
      }
      start = page.more ? `${page.kvs.at(-1)!.key}\0` : undefined;
    }
    for (const old of this.#resources.values()) old.endAll();
    this.#resources = resources;
    return revision;
  }

  /** A little before now, where the store still knows it: so that watches go on where they were when this server was restarted. */
  #startingPoint(newest: Revision): Revision {
    if (this.#revision > 0) return newest;
    return toRevision(Math.max(this.#options.store.status().compactRevision, newest - replayedRevisions, 1));
  }

  #emptyCaches(floor: Revision): Map<string, ResourceCache> {
    const caches = new Map<string, ResourceCache>();
    for (const info of this.#options.resources) {
      const prefix = prefixOf(info);
      // The first version named is the one that is stored (core/v1 before events.k8s.io/v1, autoscaling/v2 before v1).
      if (caches.has(prefix)) continue;
      const onPoison = (key: string, revision: Revision, error: unknown): void => {
        this.#poisoned.add({ resource: info.resource });
        this.#options.log.error("stored value does not decode; it is left out", { key, revision, error });
      };
      const common = { clock: this.#options.clock, limits: this.#limits, floor, onPoison };
      caches.set(prefix, new ResourceCache({ shape: entryShape(info), prefix, ...common }));
    }
    return caches;
  }

  #follow(): void {
    const range = { start: registryRoot, end: endOf(registryRoot), startRevision: toRevision(this.#revision + 1) };
    this.#watch = this.#options.store.watch(range, {
      batch: (batch) => this.#apply(batch),
      progress: (revision) => this.#advance(revision),
      closed: (error) => this.#restart(error),
    });
  }

  #apply(batch: EventBatch): void {
    this.#failures = 0;
    for (const event of batch.events) {
      const { key } = event.kv;
      const cache = cacheOf(this.#resources, key);
      if (event.type === "put") cache?.put(event.kv, batch.cause, this.#written(event.kv));
      else {
        this.decoded.forget(key);
        cache?.delete(key, batch.revision, batch.cause);
      }
    }
    this.#advance(batch.revision);
  }

  #advance(revision: Revision): void {
    if (revision > this.#revision) this.#revision = revision;
    for (const waiting of this.#waiting) if (waiting.revision <= this.#revision) waiting.done();
  }

  /** Whether there is something at this key, as far as the cache knows. */
  holds(key: string): boolean {
    return cacheOf(this.#resources, key)?.get(key) !== undefined;
  }

  /** A writer hands over what it is about to write, so that nobody has to parse it again. */
  expect(entry: Entry): void {
    if (this.#expected.size >= maxExpected) this.#expected.delete(this.#expected.keys().next().value!);
    this.#expected.set(entry.key, entry);
  }

  #written(kv: KeyValue): Entry | undefined {
    const entry = this.#expected.get(kv.key);
    if (entry === undefined || entry.bytes.compare(kv.value) !== 0) return undefined;
    this.#expected.delete(kv.key);
    // The store's bytes, so that they are not held twice.
    return { ...entry, revision: kv.modRevision, bytes: Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.byteLength) };
  }

  /** True once the cache has reached `revision`; false if that takes longer than `timeoutMs`. */
  waitFor(revision: Revision, timeoutMs: number): Promise<boolean> {
    if (this.#revision >= revision) return Promise.resolve(true);
    this.#watch?.requestProgress();
    if (this.#revision >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (reached: boolean): void => {
        timer.cancel();
        this.#waiting.delete(waiting);
        resolve(reached);
      };
      const waiting = { revision, done: () => settle(true) };
      const timer = this.#options.clock.after(timeoutMs, () => settle(false));
      this.#waiting.add(waiting);
    });
  }

  #restart(error: StoreError | undefined): void {
    if (this.#closed) return;
    this.#options.log.warn("the store's watch ended; watching again", { error });
    const delayMs = Math.min(10 * 2 ** this.#failures++, maxRestartDelayMs);
    this.#options.clock.after(delayMs, () => {
      if (this.#closed) return;
      if (error?.code !== "compacted") return this.#follow();
      // Our place is gone: read everything again; whoever watches has to do the same.
      this.start().catch((again: unknown) => this.#restart(again as StoreError));
    });
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
    for (const cache of this.#resources.values()) cache.endAll();
  }
}

/** The cache whose prefix the key has: one segment below /registry/, or two. */
function cacheOf(caches: ReadonlyMap<string, ResourceCache>, key: string): ResourceCache | undefined {
  const first = key.indexOf("/", registryRoot.length);
  if (first < 0) return undefined;
  const found = caches.get(key.slice(0, first + 1));
  if (found) return found;
  const second = key.indexOf("/", first + 1);
  return second < 0 ? undefined : caches.get(key.slice(0, second + 1));
}
