// A watch of a foreign store that outlives connections: when one ends, the next goes on at the revision after the last one delivered.
// Invariant: each revision of the range once and in order, or `closed`; after `compacted` nothing can be gone on with.
// Called by: store.ts. Next on the way: batches.ts, what a message means; progress.ts, how it is known that nothing is missing.

import type { Clock, Log, Timer } from "#lib";
import { type GrpcChannel, type GrpcClientStream, GrpcError } from "#wire";
import type { Revision, StoreWatch, WatchRequest, WatchSink } from "../contract.ts";
import { StoreError } from "../contract.ts";
import { decode, encode } from "../etcd/codec.ts";
import { calls, type WatchResponse } from "../etcd/messages.gen.ts";
import { revision as toRevision } from "../revision.ts";
import { type BatchView, batchesOf } from "./batches.ts";
import type { Endpoints } from "./endpoints.ts";
import { isPassing, toStoreError } from "./errors.ts";

export interface RemoteWatchParts extends BatchView {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly log: Log;
  /** The store can be asked how far a watch is; if not, everything is watched, so that each revision says it. */
  readonly asks: boolean;
  /** The newest revision that anybody here has seen. */
  readonly newest: () => Revision;
  /** The store has told its revision. */
  readonly saw: (revision: number) => void;
}

const everything = { key: "\0", range_end: "\0" };
const firstPauseMs = 20;
const maxPauseMs = 2000;
/** Most often the event is on its way already. */
const firstAskMs = 10;
/** The store answers only when everything was sent, and otherwise not at all: so it is asked again. */
const askMs = 100;

export class RemoteWatch implements StoreWatch {
  readonly #parts: RemoteWatchParts;
  readonly #range: WatchRequest;
  readonly #sink: WatchSink;
  #next: number;
  #stream: GrpcClientStream | undefined;
  #channel: GrpcChannel | undefined;
  #created = false;
  #pauseMs = firstPauseMs;
  #timer: Timer | undefined;
  #asking: Timer | undefined;
  #closed = false;

  constructor(parts: RemoteWatchParts, range: WatchRequest, sink: WatchSink) {
    this.#parts = parts;
    this.#range = range;
    this.#sink = sink;
    this.#next = range.startRevision;
    void this.#open();
  }

  async #open(): Promise<void> {
    this.#created = false;
    try {
      const channel = await this.#parts.endpoints.channel();
      if (this.#closed) return;
      this.#channel = channel;
      const { path, request } = calls.Watch;
      // A member without a leader ends the watch instead of keeping it in silence.
      const stream = channel.stream(
        path,
        { hasleader: "true" },
        {
          message: (bytes) => stream === this.#stream && this.#message(bytes),
          ended: (error) => stream === this.#stream && this.#again(error ?? new GrpcError("UNAVAILABLE", "the watch ended")),
        },
      );
      this.#stream = stream;
      const { key, range_end } = this.#parts.asks ? this.#wireRange() : everything;
      const create_request = { key, range_end, start_revision: this.#next, progress_notify: true };
      stream.send(encode(request, { create_request }));
    } catch (error) {
      this.#again(error);
    }
  }

  #wireRange(): { key: string; range_end: string } {
    const { start, end } = this.#range;
    return { key: this.#parts.keys.out(start), range_end: end === undefined ? "" : this.#parts.keys.out(end) };
  }

  /** Something passing ended it: on the same member or another, a little later. */
  #again(error: unknown): void {
    if (this.#closed) return;
    this.#let();
    const { clock, endpoints, log } = this.#parts;
    if (this.#channel && isPassing(error)) endpoints.leave(this.#channel);
    this.#channel = undefined;
    log.debug("the store's watch goes on elsewhere", { next: this.#next, error });
    this.#timer = clock.after(this.#pauseMs, () => void this.#open());
    this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs);
  }

  #let(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    this.#asking?.cancel();
    this.#asking = undefined;
  }

  #message(bytes: Buffer): void {
    const response = decode("WatchResponse", bytes);
    if (response.canceled) return this.#canceled(response);
    if (response.created) {
      this.#created = true;
      this.#askSoon(firstAskMs);
      return;
    }
    const upTo = response.header?.revision ?? 0;
    this.#parts.saw(upTo);
    this.#pauseMs = firstPauseMs;
    if (response.events.length === 0) return this.#reached(upTo);
    for (const { revision, batch } of batchesOf(response.events, this.#range, this.#parts)) {
      // Not twice, whatever a member that lags behind sends again.
      if (revision < this.#next) continue;
      this.#next = revision + 1;
      if (batch) this.#sink.batch(batch);
      else this.#sink.progress(toRevision(revision));
      if (this.#closed) return;
    }
  }

  #canceled({ compact_revision: compacted, cancel_reason: reason }: WatchResponse): void {
    if (compacted > 0) {
      const message = "etcdserver: mvcc: required revision has been compacted";
      return this.#end(new StoreError("compacted", message, toRevision(compacted)));
    }
    if (/no leader|^$/.test(reason)) return this.#again(new GrpcError("UNAVAILABLE", reason));
    this.#end(toStoreError(new Error(reason), false));
  }

  #reached(upTo: number): void {
    if (upTo < this.#next - 1) return;
    this.#next = upTo + 1;
    this.#sink.progress(toRevision(upTo));
  }

  requestProgress(): void {
    if (this.#parts.asks && !this.#asking) this.#askSoon(firstAskMs);
  }

  #askSoon(afterMs: number): void {
    if (!this.#parts.asks || this.#next > this.#parts.newest()) return;
    this.#asking?.cancel();
    this.#asking = this.#parts.clock.after(afterMs, () => {
      this.#asking = undefined;
      if (this.#closed || !this.#stream || this.#next > this.#parts.newest()) return;
      if (this.#created) this.#stream.send(encode("WatchRequest", { progress_request: {} }));
      this.#askSoon(askMs);
    });
  }

  close(): void {
    this.#end();
  }

  #end(error?: StoreError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#let();
    this.#sink.closed(error);
  }
}
