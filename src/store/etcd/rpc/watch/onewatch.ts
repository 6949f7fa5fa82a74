// One watch of a stream: its place in history, its filters, and how its events become messages.
// Invariant: it can leave the hub at any moment and come back without a gap or a repeat; what came late is sent in one message.
// Called by: watch.ts. Next on the way: watch/hub.ts.

import type { EventBatch, Revision, StoreError, StoreEvent, StoreWatch } from "../../../contract.ts";
import type { LocalStore } from "../../../store.ts";
import type { Sparse } from "../../codec.ts";
import type { EventMessages } from "../../eventmessages.ts";
import type { WatchCreateRequest, WatchResponse } from "../../messages.gen.ts";

const filters = { noPut: 0, noDelete: 1 } as const;
/** As many revisions of the past go into one message at most. */
const maxRevisionsTogether = 1000;

export interface OneWatchOptions {
  readonly id: bigint;
  readonly store: LocalStore;
  readonly messages: EventMessages;
  readonly request: WatchCreateRequest;
  readonly send: (response: Sparse<WatchResponse>, isEvent: boolean) => void;
  readonly progress: (revision: number) => void;
  readonly ended: () => void;
}

export class OneWatch {
  readonly id: bigint;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
  /** Since the last notification of progress. */
  sentEvent = false;
  /** A notification of its own is on its way. */
  notifying = false;
  readonly #options: OneWatchOptions;
  readonly #wanted: (event: StoreEvent) => boolean;
  /** What was there when it began (or began again) is the past. */
  #pastUntil = 0;
  #next: number;
  #past: StoreEvent[] = [];
  #pastRevisions = 0;
  #watch: StoreWatch | undefined;

  constructor(options: OneWatchOptions) {
    const { request, store } = options;
    this.#options = options;
    this.id = options.id;
    this.fragment = request.fragment;
    this.progressNotify = request.progress_notify;
    this.#next = request.start_revision === 0 ? store.state.revision + 1 : request.start_revision;
    const unwanted = new Set(request.filters.map((one) => (one === filters.noPut ? "put" : one === filters.noDelete ? "delete" : "")));
    this.#wanted = (event) => !unwanted.has(event.type);
  }

  startsAfter(revision: number): boolean {
    return this.#next > revision + 1;
  }

  open(): void {
    const { store, request, progress } = this.#options;
    const end = request.range_end === "" ? {} : { end: request.range_end };
    this.#pastUntil = store.state.revision;
    const watch = store.watch(
      { start: request.key, ...end, startRevision: this.#next as Revision },
      {
        batch: (batch) => this.#batch(batch),
        progress: (revision) => {
          this.#flush();
          progress(revision);
        },
        closed: (error) => {
          if (this.#watch === watch) this.#closed(error);
        },
      },
    );
    this.#watch = watch;
    // It is heard when the past has been delivered, in however many slices: then what was gathered goes out.
    if (this.#next <= this.#pastUntil) watch.requestProgress();
  }

  /** Without a word to the caller. */
  close(): void {
    this.#flush();
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.close();
  }

  requestProgress(): void {
    this.#watch?.requestProgress();
  }

  #batch(batch: EventBatch): void {
    this.#next = batch.revision + 1;
    const events = batch.events.filter(this.#wanted);
    if (batch.revision > this.#pastUntil) {
      this.#flush();
      this.#deliver(events, batch.revision);
      return;
    }
    this.#past.push(...events);
    if (++this.#pastRevisions >= maxRevisionsTogether) this.#flush();
  }

  #flush(): void {
    const events = this.#past;
    this.#past = [];
    this.#pastRevisions = 0;
    if (events.length > 0) this.#deliver(events, this.#options.store.state.revision);
  }

  #deliver(events: readonly StoreEvent[], revision: number): void {
    if (events.length === 0) return;
    const { request, send, store } = this.#options;
    // What was before is read as of the revision before, which may be compacted.
    const { compactRevision } = store.state;
    const messages = events.map((event) => this.#options.messages.of(event, request.prev_kv && event.kv.modRevision > compactRevision));
    send({ header: { revision }, events: messages }, true);
  }

  #closed(error: StoreError | undefined): void {
    this.#flush();
    this.#watch = undefined;
    const { send, ended, store } = this.#options;
    const compact_revision = error?.code === "compacted" ? (error.compactRevision ?? store.state.compactRevision) : 0;
    // etcd tells no revision here.
    send({ header: { revision: 0 }, canceled: true, compact_revision }, false);
    ended();
  }
}
