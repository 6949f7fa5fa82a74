// One client's watch inside the cache: a bounded queue between the store's pace and the client's.
// Invariant: sees each event of its scope once and in order, or ends; at the bound it ends (the client resumes from what it has), it never skips.
// Called by: cache/resource.ts (push), watch.ts (take). Next on the way: watch.ts, which filters, encodes and sends.

import type { ApiError } from "#api";
import { BoundedQueue } from "#lib";
import type { Revision } from "#store";
import type { CacheEvent } from "./event.ts";

export type WatchItem =
  | { readonly type: "event"; readonly event: CacheEvent }
  | { readonly type: "bookmark"; readonly revision: Revision }
  | { readonly type: "error"; readonly error: ApiError };

/** Which part of a resource a watcher listens to; the narrower, the fewer events it is even asked about. */
export interface WatchScope {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** Pods only: what each kubelet asks for. */
  readonly nodeName?: string | undefined;
}

const weight = (item: WatchItem): number => (item.type === "event" ? item.event.bytes : 0);

/** How far a watcher may lag behind: in items, and in the bytes of the objects that its lag keeps alive. */
export interface WatcherLimits {
  readonly watcherItems: number;
  readonly watcherBytes: number;
}

export class Watcher {
  readonly scope: WatchScope;
  readonly #queue: BoundedQueue<WatchItem>;
  readonly #maxBytes: number;
  readonly #detach: (watcher: Watcher) => void;
  #bytes = 0;
  #ended = false;

  constructor(scope: WatchScope, limits: WatcherLimits, detach: (watcher: Watcher) => void) {
    this.scope = scope;
    this.#queue = new BoundedQueue(limits.watcherItems);
    this.#maxBytes = limits.watcherBytes;
    this.#detach = detach;
  }

  /** False: the client was too slow and the watch has ended. One item always fits, however large. */
  push(item: WatchItem): boolean {
    const bytes = weight(item);
    const fits = this.#queue.length === 0 || this.#bytes + bytes <= this.#maxBytes;
    if (fits && this.#queue.push(item)) {
      this.#bytes += bytes;
      return true;
    }
    this.end();
    return false;
  }

  /** Everything queued; waits while there is nothing; empty at the end. */
  async take(): Promise<WatchItem[]> {
    const items = await this.#queue.takeAll();
    for (const item of items) this.#bytes -= weight(item);
    return items;
  }

  /** What is queued is still delivered. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#detach(this);
    this.#queue.end();
  }
}
