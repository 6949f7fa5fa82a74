// Watch fan-out: committed revisions go to every watcher whose range they touch.
// Invariant: a watcher sees each revision of its range once and in order, from history first and then live, or is closed with `compacted`.
// Called by: store.ts after applying. No queue of its own: history is the queue, each watcher a position in it. Next on the way: the API server's cache.

import { type Clock, type Log, Slicer } from "#lib";
import type { EventBatch, KeyRange, Revision, StoreError, StoreEvent, StoreWatch, WatchRequest, WatchSink } from "../contract.ts";
import { storeError } from "../errors.ts";
import type { MvccState, Pin } from "../mvcc/state.ts";
import { upperBound } from "../mvcc/scan.ts";
import { Segments } from "./segments.ts";

interface Watcher {
  readonly range: KeyRange;
  readonly sink: WatchSink;
  /** The next revision this watcher has not been offered. */
  next: number;
  live: boolean;
  closed: boolean;
  /** Asked for progress once everything up to this revision is delivered. */
  progressAt: number | undefined;
}

export interface HubOptions {
  readonly state: MvccState;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxWatchers: number;
}

export class WatchHub {
  #state: MvccState;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #maxWatchers: number;
  readonly #all = new Set<Watcher>();
  readonly #behind = new Set<Watcher>();
  /** Those who asked for progress. */
  readonly #asking = new Set<Watcher>();
  readonly #segments = new Segments<Watcher>();
  /** Every live watcher has been offered everything up to here. */
  #cursor: number;
  /** What live watchers still wait for is not pruned. */
  #pin: Pin;
  #pumping = false;
  #stopped = false;

  constructor(options: HubOptions) {
    this.#state = options.state;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#maxWatchers = options.maxWatchers;
    this.#cursor = options.state.revision;
    this.#pin = options.state.pin(this.#cursor + 1);
  }

  watch(request: WatchRequest, sink: WatchSink): StoreWatch {
    const { start, end } = request;
    const range: KeyRange = end === undefined ? { start } : { start, end };
    const next = request.startRevision === 0 ? this.#state.revision + 1 : request.startRevision;
    const watcher: Watcher = { range, sink, next, live: false, closed: false, progressAt: undefined };
    // The sink hears nothing before its owner holds the watch: all delivery is a microtask away at least.
    if (this.#stopped || this.#all.size >= this.#maxWatchers) {
      const error = this.#stopped ? storeError.stopped() : storeError.tooManyRequests();
      queueMicrotask(() => this.#close(watcher, error));
    } else {
      this.#all.add(watcher);
      this.#behind.add(watcher);
      queueMicrotask(() => this.pump());
    }
    return {
      requestProgress: () => {
        if (watcher.closed) return;
        watcher.progressAt = this.#state.revision;
        this.#asking.add(watcher);
        queueMicrotask(() => this.pump());
      },
      close: () => this.#close(watcher, undefined),
    };
  }

  /** Delivers what can be delivered; at once as far as the budget goes, then in later macrotasks. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const slicer = new Slicer(this.#clock);
    const again = (): void => {
      if (this.#step(slicer)) this.#pumping = false;
      else void slicer.turn().then(again);
    };
    again();
  }

  /** The state is another one, further on: every watcher catches up in its history, from where it was. */
  restart(state: MvccState): void {
    for (const watcher of this.#all) {
      if (!watcher.live) continue;
      this.#segments.delete(watcher);
      watcher.live = false;
      watcher.next = Math.max(watcher.next, this.#cursor + 1);
      this.#behind.add(watcher);
    }
    this.#pin.release();
    this.#state = state;
    this.#cursor = state.revision;
    this.#pin = state.pin(this.#cursor + 1);
    queueMicrotask(() => this.pump());
  }

  stop(error: StoreError | undefined): void {
    this.#stopped = true;
    for (const watcher of this.#all) this.#close(watcher, error);
    this.#pin.release();
  }

  /** True when everything is delivered, false when the budget ran out. */
  #step(slicer: Slicer): boolean {
    for (;;) {
      if (slicer.spent) return false;
      const behind = this.#behind.values().next().value;
      if (behind) this.#catchUp(behind, slicer);
      else if (this.#cursor < this.#state.revision) this.#deliverNext();
      else break;
    }
    for (const watcher of this.#asking) this.#reportProgress(watcher);
    return this.#behind.size === 0 && this.#cursor === this.#state.revision;
  }

  #deliverNext(): void {
    const at = this.#cursor + 1;
    const batch = this.#state.history.at(at)!;
    // Moved before delivery: a watch that a sink opens meanwhile finds this revision in history.
    this.#cursor = at;
    this.#pin.at = at + 1;
    const [only] = batch.events;
    if (batch.events.length === 1) {
      for (const watcher of this.#segments.find(only!.kv.key)) this.#offer(watcher, batch, batch.events);
      return;
    }
    const byWatcher = new Map<Watcher, StoreEvent[]>();
    for (const event of batch.events) {
      for (const watcher of this.#segments.find(event.kv.key)) {
        const events = byWatcher.get(watcher);
        if (events) events.push(event);
        else byWatcher.set(watcher, [event]);
      }
    }
    for (const [watcher, events] of byWatcher) this.#offer(watcher, batch, events);
  }

  #offer(watcher: Watcher, batch: EventBatch, events: readonly StoreEvent[]): void {
    if (watcher.closed || batch.revision < watcher.next) return;
    watcher.next = batch.revision + 1;
    this.#call(watcher, () => watcher.sink.batch(events === batch.events ? batch : { ...batch, events }));
  }

  #catchUp(watcher: Watcher, slicer: Slicer): void {
    const { start } = watcher.range;
    const end = upperBound(watcher.range);
    while (!watcher.closed && watcher.next <= this.#cursor) {
      // The past may have been compacted while this watcher waited for its turn.
      if (watcher.next < this.#state.compactRevision) {
        this.#close(watcher, storeError.compacted(this.#state.compactRevision));
        return;
      }
      watcher.next = Math.max(watcher.next, this.#state.history.first);
      const batch = this.#state.history.at(watcher.next);
      if (!batch) break;
      const events = batch.events.filter((event) => event.kv.key >= start && event.kv.key < end);
      if (events.length > 0) this.#offer(watcher, batch, events.length === batch.events.length ? batch.events : events);
      else watcher.next++;
      if (slicer.spent) return;
    }
    if (watcher.closed) return;
    this.#behind.delete(watcher);
    watcher.live = true;
    this.#segments.add(watcher);
  }

  #reportProgress(watcher: Watcher): void {
    if (watcher.progressAt === undefined || watcher.progressAt > this.#cursor) return;
    watcher.progressAt = undefined;
    this.#asking.delete(watcher);
    this.#call(watcher, () => watcher.sink.progress(this.#cursor as Revision));
  }

  #call(watcher: Watcher, deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      // A sink that throws has lost a revision: its watch is over, the others go on.
      this.#log.error("a watch's receiver failed; the watch is closed", { error, start: watcher.range.start });
      this.#close(watcher, storeError.stopped());
    }
  }

  #close(watcher: Watcher, error: StoreError | undefined): void {
    if (watcher.closed) return;
    watcher.closed = true;
    this.#all.delete(watcher);
    this.#behind.delete(watcher);
    this.#asking.delete(watcher);
    if (watcher.live) this.#segments.delete(watcher);
    if (error) watcher.sink.closed(error);
    else watcher.sink.closed();
  }
}
