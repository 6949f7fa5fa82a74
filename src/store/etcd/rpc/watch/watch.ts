// Watch.Watch: many watches on one stream.
// Invariant: each watch is announced before its first event, has every revision of its range once and in order, and ends with one
// `canceled`; a progress answer comes only when every watch of the stream has been sent everything up to its revision.
// Called by: rpc/index.ts. Next on the way: onewatch.ts, then watch/hub.ts.

import type { Timer } from "#lib";
import { GrpcError } from "#wire";
import type { Sparse } from "../../codec.ts";
import { type Etcd, type MessageStream, streaming } from "../../etcd.ts";
import type { WatchCreateRequest, WatchResponse } from "../../messages.gen.ts";
import { fragments } from "./fragments.ts";
import { OneWatch } from "./onewatch.ts";

const noId = -1n;
/** Beyond this the watches of a stream wait until the caller has read: history is their queue. */
const maxQueuedBytes = 4 * 1024 * 1024;
const overheadBytes = 512 * 1024;

const reasons = {
  duplicate: "mvcc: duplicate watch ID provided on the WatchStream",
  empty: "mvcc: watcher range is empty",
  compacted: "etcdserver: mvcc: required revision has been compacted",
} as const;

/** How Go spells what a watch can be refused for. */
const goNames: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: "InvalidArgument",
  PERMISSION_DENIED: "PermissionDenied",
  UNAUTHENTICATED: "Unauthenticated",
};

class WatchStream {
  readonly #etcd: Etcd;
  readonly #stream: MessageStream<"Watch">;
  readonly #watches = new Map<bigint, OneWatch>();
  /** Those whose progress is still unknown, while a question about all of them is open. */
  #asked: Set<OneWatch> | undefined;
  #nextId = 0n;
  #notify: Timer | undefined;
  #paused = false;
  #closed = false;

  constructor(etcd: Etcd, stream: MessageStream<"Watch">) {
    this.#etcd = etcd;
    this.#stream = stream;
    this.#armNotify();
    stream.signal.addEventListener("abort", () => this.close());
    stream.onMessage(
      ({ create_request, cancel_request, progress_request }) => {
        if (create_request) this.#create(create_request);
        else if (cancel_request) this.#cancel(cancel_request.watch_id);
        else if (progress_request) this.#progressOfAll();
      },
      // Who has no more to ask still wants to hear, until it hangs up.
      () => undefined,
    );
  }

  close(): void {
    this.#closed = true;
    this.#notify?.cancel();
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  #create(request: WatchCreateRequest): void {
    // The smallest key there is.
    const start = request.key === "" ? "\0" : request.key;
    const end = request.range_end;
    if (request.start_revision < 0) return this.#refuse(reasons.compacted);
    try {
      this.#etcd.access.read(this.#stream, start, end);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return this.#refuse(`rpc error: code = ${goNames[error.code] ?? error.code} desc = ${error.message}`);
    }
    if (end !== "" && end !== "\0" && start >= end) return this.#refuse(reasons.empty);
    if (request.watch_id !== 0n && this.#watches.has(request.watch_id)) return this.#refuse(reasons.duplicate);
    const id = request.watch_id === 0n ? this.#freeId() : request.watch_id;
    const watch = new OneWatch({
      id,
      store: this.#etcd.store,
      messages: this.#etcd.eventMessages,
      request: { ...request, key: start },
      send: (response, isEvent) => this.#send(watch, response, isEvent),
      progress: (revision) => this.#progressOf(watch, revision),
      ended: () => this.#ended(watch),
    });
    this.#watches.set(id, watch);
    this.#stream.send({ header: this.#etcd.header(), watch_id: id, created: true });
    if (!this.#paused) watch.open();
  }

  #freeId(): bigint {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #refuse(reason: string): void {
    this.#stream.send({ header: this.#etcd.header(), watch_id: noId, created: true, canceled: true, cancel_reason: reason });
  }

  #cancel(id: bigint): void {
    const watch = this.#watches.get(id);
    if (!watch) return;
    watch.close();
    this.#ended(watch);
    this.#stream.send({ header: this.#etcd.header(), watch_id: id, canceled: true });
  }

  #ended(watch: OneWatch): void {
    this.#watches.delete(watch.id);
    if (this.#asked?.delete(watch)) this.#settleProgress(this.#etcd.store.state.revision);
  }

  #send(watch: OneWatch, response: Sparse<WatchResponse>, isEvent: boolean): void {
    if (this.#closed) return;
    const revision = response.header?.revision ?? 0;
    // Zero is said, too: then it is not the store's.
    const header = revision === 0 ? { ...this.#etcd.header(), revision } : this.#etcd.headerBytes(revision);
    const whole = { ...response, header, watch_id: watch.id };
    if (isEvent) watch.sentEvent = true;
    if (watch.fragment) for (const part of fragments(whole, this.#etcd.limits.maxRequestBytes + overheadBytes)) this.#stream.send(part);
    else this.#stream.send(whole);
    if (this.#stream.queuedBytes > maxQueuedBytes) this.#pause();
  }

  /** A caller that does not read holds up nobody: its watches leave the hub and come back where they were. */
  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#asked = undefined;
    for (const watch of this.#watches.values()) watch.close();
    this.#stream.onDrain(() => {
      this.#paused = false;
      if (!this.#closed) for (const watch of this.#watches.values()) watch.open();
    });
  }

  /** Not answered if a watch lags or waits for the future: who wants to know asks again. */
  #progressOfAll(): void {
    const { revision } = this.#etcd.store.state;
    const watches = [...this.#watches.values()];
    if (this.#paused || this.#asked || watches.length === 0 || watches.some((watch) => watch.startsAfter(revision))) return;
    this.#asked = new Set(watches);
    for (const watch of watches) watch.requestProgress();
  }

  #progressOf(watch: OneWatch, revision: number): void {
    if (watch.notifying) {
      watch.notifying = false;
      this.#stream.send({ header: this.#etcd.header(revision), watch_id: watch.id });
    }
    if (this.#asked?.delete(watch)) this.#settleProgress(revision);
  }

  #settleProgress(revision: number): void {
    if (!this.#asked || this.#asked.size > 0) return;
    this.#asked = undefined;
    this.#stream.send({ header: this.#etcd.header(revision), watch_id: noId });
  }

  /** Those who asked for it hear now and then how far they are, unless an event has told them. */
  #armNotify(): void {
    const { progressNotifyMs } = this.#etcd.limits;
    const jitterMs = this.#etcd.prng.between(0, Math.max(Math.floor(progressNotifyMs / 10), 1));
    this.#notify = this.#etcd.clock.after(progressNotifyMs + jitterMs, () => {
      for (const watch of this.#watches.values()) {
        if (!watch.progressNotify) continue;
        if (!watch.sentEvent && !this.#paused) {
          watch.notifying = true;
          watch.requestProgress();
        }
        watch.sentEvent = false;
      }
      this.#armNotify();
    });
  }
}

export const watch = streaming("Watch", (etcd, stream) => void new WatchStream(etcd, stream));
