// The watch cache of one resource: its current objects in key order, the recent changes, and who listens.
// Invariant: entries and events are applied in revision order; a watch that starts at revision N gets every change after N or `undefined` (410).
// Called by: cache/cache.ts (apply), registry/ and watch.ts (read). Next on the way: cache/watchers.ts.

import type { Clock } from "#lib";
import type { Cause, KeyValue, Revision } from "#store";
import sortedBtree from "sorted-btree";
import { type Entry, type EntryShape, entryFromStore } from "./entry.ts";
import type { CacheEvent } from "./event.ts";
import { NodeIndex } from "./nodeindex.ts";
import { Watcher, type WatcherLimits, type WatchScope } from "./watcher.ts";
import { Watchers } from "./watchers.ts";

const BTree = sortedBtree.default;
export type EntryTree = InstanceType<typeof BTree<string, Entry>>;

export interface CacheLimits extends WatcherLimits {
  /** Events are kept at least this long … */
  readonly windowMs: number;
  /** … unless they weigh more than this, per resource. */
  readonly windowBytes: number;
}

export const defaultCacheLimits: CacheLimits = { windowMs: 90_000, windowBytes: 32 << 20, watcherItems: 4096, watcherBytes: 32 << 20 };

/** Says no to a watch whose start has left the window. `oldest` is the first revision one can still start after. */
export interface TooOld {
  readonly oldest: Revision;
}

export class ResourceCache {
  readonly shape: EntryShape;
  readonly prefix: string;
  readonly #clock: Clock;
  readonly #limits: CacheLimits;
  readonly #onPoison: (key: string, revision: Revision, error: unknown) => void;
  readonly #entries: EntryTree = new BTree<string, Entry>(undefined, undefined, 64);
  /** Keys whose value does not decode: left out of lists and watches, so that one bad object stops nobody. */
  readonly poisoned = new Map<string, { revision: Revision; message: string }>();
  readonly #watchers: Watchers;
  readonly #nodes = new NodeIndex();
  #events: CacheEvent[] = [];
  #forgotten = 0;
  #eventBytes = 0;
  /** Changes up to here have been forgotten. */
  #floor: Revision;
  #lastChange: Revision;
  #closed = false;

  constructor(options: {
    shape: EntryShape;
    prefix: string;
    clock: Clock;
    limits: CacheLimits;
    floor: Revision;
    onPoison: (key: string, revision: Revision, error: unknown) => void;
  }) {
    this.shape = options.shape;
    this.prefix = options.prefix;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#floor = options.floor;
    this.#lastChange = options.floor;
    this.#onPoison = options.onPoison;
    this.#watchers = new Watchers(options.shape.info.namespaced);
  }

  get size(): number {
    return this.#entries.size;
  }

  get watcherCount(): number {
    return this.#watchers.count;
  }

  /** The newest revision that changed anything here: a list at any later revision is this state. */
  get lastChange(): Revision {
    return this.#lastChange;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** The state right now, untouched by what comes later; costs nothing until then. */
  snapshot(): EntryTree {
    return this.#entries.clone();
  }

  /** First fill: no event is made. */
  load(kv: KeyValue): void {
    const entry = this.#classify(kv);
    if (entry) {
      this.#nodes.moved(kv.key, this.#entries.get(kv.key), entry);
      this.#entries.set(kv.key, entry);
    }
    if (kv.modRevision > this.#lastChange) this.#lastChange = kv.modRevision;
  }

  put(kv: KeyValue, cause: Cause | undefined, written: Entry | undefined): void {
    const entry = written ?? this.#classify(kv);
    const previous = this.#entries.get(kv.key);
    this.#nodes.moved(kv.key, previous, entry);
    if (entry) {
      this.poisoned.delete(kv.key);
      this.#entries.set(kv.key, entry);
    } else this.#entries.delete(kv.key);
    if (entry || previous) this.#emit(kv.modRevision, kv.key, entry, previous, cause);
    this.#lastChange = kv.modRevision;
  }

  delete(key: string, revision: Revision, cause: Cause | undefined): void {
    const previous = this.#entries.get(key);
    this.#nodes.moved(key, previous, undefined);
    this.poisoned.delete(key);
    this.#entries.delete(key);
    if (previous) this.#emit(revision, key, undefined, previous, cause);
    this.#lastChange = revision;
  }

  #classify(kv: KeyValue): Entry | undefined {
    try {
      return entryFromStore(this.shape, kv);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.poisoned.set(kv.key, { revision: kv.modRevision, message });
      this.#onPoison(kv.key, kv.modRevision, error);
      return undefined;
    }
  }

  #emit(revision: Revision, key: string, entry: Entry | undefined, previous: Entry | undefined, cause: Cause | undefined): void {
    const bytes = (entry?.bytes.length ?? 0) + (previous?.bytes.length ?? 0) + 256;
    const event: CacheEvent = { revision, key, entry, previous, cause, encodings: new Map(), atMs: this.#clock.monotonicMs(), bytes };
    this.#events.push(event);
    this.#eventBytes += bytes;
    this.#forget();
    const { name, namespace } = (entry ?? previous)!;
    const nodes = new Set<string>();
    for (const one of [entry, previous]) if (one?.fields["spec.nodeName"]) nodes.add(one.fields["spec.nodeName"]);
    for (const watcher of this.#watchers.concerned(namespace, name, nodes)) watcher.push({ type: "event", event });
  }

  #forget(): void {
    const oldestMs = this.#clock.monotonicMs() - this.#limits.windowMs;
    while (this.#forgotten < this.#events.length) {
      const event = this.#events[this.#forgotten]!;
      if (this.#eventBytes <= this.#limits.windowBytes && event.atMs >= oldestMs) break;
      this.#floor = event.revision;
      this.#eventBytes -= event.bytes;
      this.#forgotten++;
    }
    if (this.#forgotten > 1024 && this.#forgotten * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#forgotten);
      this.#forgotten = 0;
    }
  }

  /** Registers a watcher that has everything after `after` queued, with no gap to what follows. */
  watch(scope: WatchScope, after: Revision): Watcher | TooOld {
    if (after < this.#floor) return { oldest: this.#floor };
    const watcher = this.#attach(scope);
    for (let at = this.#firstAfter(after); at < this.#events.length; at++) {
      if (!watcher.push({ type: "event", event: this.#events[at]! })) break;
    }
    return watcher;
  }

  /** Registers a watcher that starts from now; what is there right now comes with it. */
  watchFromNow(scope: WatchScope): { watcher: Watcher; state: EntryTree } {
    return { state: scope.nodeName === undefined ? this.snapshot() : this.#onNode(scope.nodeName), watcher: this.#attach(scope) };
  }

  #onNode(node: string): EntryTree {
    const found: EntryTree = new BTree<string, Entry>();
    for (const key of this.#nodes.on(node)) found.set(key, this.#entries.get(key)!);
    return found;
  }

  #attach(scope: WatchScope): Watcher {
    const watcher = new Watcher(scope, this.#limits, (gone) => this.#watchers.delete(gone));
    this.#watchers.add(watcher);
    return watcher;
  }

  #firstAfter(after: Revision): number {
    let low = this.#forgotten;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** True after `endAll`: nothing comes any more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The store lost our place, or the server goes: everybody has to list again. */
  endAll(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.all()) watcher.end();
  }
}
