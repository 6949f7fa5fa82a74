// The driver of the state machine: gathers proposals, persists what raft says, then applies what is committed and answers.
// Invariant: nobody is answered before the disk has the entry; one batch is in flight, everything that waits goes into the next.
// Called by: store.ts. Next on the way: raft/raft.ts for the decisions, wal/log.ts for the disk.

import { assert, settled, Slicer } from "#lib";
import type { Entry, HardState, Raft, Ready, SnapshotMark } from "#raft";
import type { Driver, DriverParts } from "./driver.ts";
import { storeError } from "./errors.ts";
import type { Outcome } from "./mvcc/state.ts";

/** Where the log lasts. One call at a time; a call that fails is the last. */
export interface LogStorage {
  persist(batch: { readonly hardState?: HardState; readonly entries: readonly Entry[] }): Promise<void>;
  close(): Promise<void>;
}

/** The log of a store that lives as long as its process. */
export const noStorage: LogStorage = { persist: () => Promise.resolve(), close: () => Promise.resolve() };

interface Waiter {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

interface Proposal extends Waiter {
  readonly data: Uint8Array;
}

export class Replica implements Driver {
  readonly #options: DriverParts;
  readonly #raft: Raft;
  #pending: Proposal[] = [];
  #pendingBytes = 0;
  /** By log index: who waits for what is on its way to the disk. */
  readonly #waiters = new Map<number, Waiter>();
  /** A commit that goes to the disk with the next batch. */
  #lazyHardState: HardState | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  appliedIndex: number;
  appliedTerm: number;

  /** `raft` has one voter, this one; its log begins after `snapshot`. */
  constructor(raft: Raft, snapshot: SnapshotMark, options: DriverParts) {
    this.#options = options;
    this.#raft = raft;
    this.appliedIndex = snapshot.index;
    this.appliedTerm = snapshot.term;
  }

  get term(): number {
    return this.#raft.term;
  }

  get lastIndex(): number {
    return this.#raft.lastIndex;
  }

  /** Wins the election and applies what the log held. */
  start(): Promise<void> {
    assert(!this.#running, "a replica starts once");
    const running = this.#drive(this.#raft.step({ type: "campaign" })).then(() => this.#drain());
    this.#options.leads(true);
    return this.#run(running);
  }

  propose(data: Uint8Array): Promise<Outcome> {
    if (this.#stopped) return Promise.reject(storeError.stopped());
    const { maxPending, maxPendingBytes } = this.#options;
    if (this.#pending.length >= maxPending || this.#pendingBytes + data.length > maxPendingBytes) {
      return Promise.reject(storeError.tooManyRequests());
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ data, resolve, reject });
      this.#pendingBytes += data.length;
      // A microtask, so that all who write in this turn share one batch.
      if (!this.#running) void this.#run(Promise.resolve().then(() => this.#drain()));
    });
  }

  /** What is on its way to the disk still gets its answer; what waits behind it does not. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#refusePending();
    await this.#running;
    await this.#options.storage.close();
  }

  #run(work: Promise<void>): Promise<void> {
    const running = work.catch((error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#running = running.then(() => {
      this.#running = undefined;
      // Somebody may have come between the last look and this moment.
      if (this.#pending.length > 0 && !this.#stopped) void this.#run(this.#drain());
    });
    return running;
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0 && !this.#stopped) {
      const batch = this.#takeBatch();
      const firstIndex = this.#raft.lastIndex + 1;
      for (const [offset, proposal] of batch.entries()) this.#waiters.set(firstIndex + offset, proposal);
      await this.#drive(this.#raft.step({ type: "propose", data: batch.map((one) => one.data) }));
    }
  }

  #takeBatch(): Proposal[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#pending.length) {
      bytes += this.#pending[count]!.data.length;
      if (count > 0 && bytes > this.#options.maxBatchBytes) break;
      count++;
    }
    const batch = count === this.#pending.length ? this.#pending : this.#pending.slice(0, count);
    this.#pending = count === this.#pending.length ? [] : this.#pending.slice(count);
    for (const one of batch) this.#pendingBytes -= one.data.length;
    return batch;
  }

  /** Persist, then apply: the order that `Ready` demands. */
  async #drive(first: Ready): Promise<void> {
    let ready = first;
    for (;;) {
      if (ready.mustSync) {
        const hardState = ready.hardState ?? this.#lazyHardState;
        this.#lazyHardState = undefined;
        await this.#options.storage.persist({ ...(hardState ? { hardState } : {}), entries: ready.entries });
      } else if (ready.hardState) this.#lazyHardState = ready.hardState;
      await this.#apply(ready.committed);
      if (!ready.mustSync) return;
      ready = this.#raft.step({ type: "persisted", number: ready.number });
    }
  }

  /** In slices: whoever is answered goes on at once, and that counts, too. What is applied is durable, so the others may see it. */
  async #apply(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const slicer = new Slicer(this.#options.clock);
    for (const [position, entry] of entries.entries()) {
      if (position > 0) {
        await settled();
        if (slicer.spent) {
          this.#options.applied();
          await slicer.turn();
        }
      }
      assert(entry.index === this.appliedIndex + 1 || this.appliedIndex === 0, "entries are applied in order, once");
      const outcome = this.#options.apply(entry);
      this.appliedIndex = entry.index;
      this.appliedTerm = entry.term;
      const waiter = this.#waiters.get(entry.index);
      if (!waiter) continue;
      this.#waiters.delete(entry.index);
      assert(outcome, "a command has an outcome");
      waiter.resolve(outcome);
    }
    this.#options.applied();
  }

  #refusePending(): void {
    for (const { reject } of this.#pending) reject(storeError.stopped());
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** The disk may or may not have what was in flight: saying either would be a guess. */
  #fail(error: Error): void {
    this.#stopped = true;
    for (const { reject } of this.#waiters.values()) reject(storeError.outcomeUnknown());
    this.#waiters.clear();
    this.#refusePending();
    this.#options.failed(error);
  }
}
