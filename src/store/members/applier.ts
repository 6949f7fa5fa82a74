// Committed entries, applied one after the other in slices; a snapshot for a member that lags is taken exactly where raft asked for it.
// Invariant: entries are applied in order, once; whoever waits for an outcome goes on before the next small group is applied.
// Called by: driver.ts. Next on the way: store.ts, whose state they change.

import { assert, type Clock, settled, Slicer } from "#lib";
import type { Entry, Snapshot, SnapshotMark } from "#raft";
import type { Outcome } from "../mvcc/state.ts";
import { type Forwarded, unwrap } from "./forwarded.ts";

export interface ApplierOptions {
  readonly clock: Clock;
  readonly apply: (entry: Entry) => Outcome | undefined;
  readonly outcome: (entry: Entry, forwarded: Forwarded | undefined, outcome: Outcome | undefined) => void;
  /** After each group. */
  readonly applied: () => void;
  /** To be begun now, while the state stands at its mark. */
  readonly snapshot: (snapshot: Snapshot) => void;
  readonly idle: () => void;
  readonly failed: (error: Error) => void;
}

/** Letting those who wait go on costs as much as applying a small entry; what they do counts for the slice. */
const groupEntries = 16;

interface Work {
  readonly entries: readonly Entry[];
  readonly snapshots: readonly Snapshot[];
}

export class Applier {
  readonly #options: ApplierOptions;
  #queue: Work[] = [];
  /** From the first piece of work until the queue is found empty, without a gap in which work could come unseen. */
  #active = false;
  #running = Promise.resolve();
  at: SnapshotMark;

  constructor(options: ApplierOptions, at: SnapshotMark) {
    this.#options = options;
    this.at = at;
  }

  get idle(): boolean {
    return !this.#active;
  }

  push(entries: readonly Entry[], snapshots: readonly Snapshot[]): void {
    this.#queue.push({ entries, snapshots });
    if (this.#active) return;
    this.#active = true;
    this.#running = this.#run().catch((error: unknown) => {
      this.#active = false;
      this.#options.failed(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Resolves when everything that was pushed is applied. */
  async settled(): Promise<void> {
    while (this.#active) await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, applied, snapshot } = this.#options;
    const slicer = new Slicer(clock);
    for (let work = this.#queue.shift(); work; work = this.#queue.shift()) {
      let sinceSettled = 0;
      for (const entry of work.entries) {
        if (sinceSettled++ === groupEntries) {
          sinceSettled = 1;
          await settled();
          if (slicer.spent) {
            applied();
            await slicer.turn();
          }
        }
        this.#one(entry);
      }
      applied();
      for (const one of work.snapshots) snapshot(one);
    }
    this.#active = false;
    // Later, for it may bring more work.
    queueMicrotask(() => this.#options.idle());
  }

  #one(entry: Entry): void {
    assert(entry.index === this.at.index + 1, "entries are applied in order, once");
    const forwarded = entry.type === "command" ? unwrap(entry.data) : undefined;
    const outcome = this.#options.apply(forwarded ? { ...entry, data: forwarded.data } : entry);
    this.at = { index: entry.index, term: entry.term };
    this.#options.outcome(entry, forwarded, outcome);
  }
}
