// The log in memory: what was appended, how far it is handed to the disk, committed and applied.
// Invariant: indexes have no gap; applied ≤ committed ≤ last. Entries before the snapshot mark are gone.
// Called by: raft.ts only. Next on the way: raft.ts.

import { assert } from "#lib";
import type { Entry, SnapshotMark } from "./entry.ts";

export class RaftLog {
  /** Entries after `#base`, oldest first. */
  #entries: Entry[];
  #base: SnapshotMark;
  #handedOut: number;
  #committed: number;
  #applied: number;

  constructor(base: SnapshotMark, entries: readonly Entry[]) {
    this.#base = base;
    this.#entries = [...entries];
    for (const [offset, entry] of entries.entries()) assert(entry.index === base.index + 1 + offset, "the log has no gaps (Raft §5.3)");
    this.#handedOut = this.lastIndex;
    this.#committed = base.index;
    this.#applied = base.index;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  get committed(): number {
    return this.#committed;
  }

  termOf(index: number): number | undefined {
    return index === this.#base.index ? this.#base.term : this.#entries[index - this.#base.index - 1]?.term;
  }

  append(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, "the log has no gaps (Raft §5.3)");
    this.#entries.push(entry);
  }

  /** Entries that no `Ready` has carried to the disk yet. */
  takeUnpersisted(): readonly Entry[] {
    if (this.#handedOut === this.lastIndex) return [];
    const entries = this.#entries.slice(this.#handedOut - this.#base.index);
    this.#handedOut = this.lastIndex;
    return entries;
  }

  commitTo(index: number): void {
    assert(index <= this.lastIndex, "nothing beyond the log is committed");
    if (index > this.#committed) this.#committed = index;
  }

  /**
   * Entries to apply now. They leave memory with that.
   * Simplification: a group of several members keeps a window of applied entries for members that lag.
   */
  takeCommitted(): readonly Entry[] {
    if (this.#applied === this.#committed) return [];
    const count = this.#committed - this.#base.index;
    const entries = this.#entries.slice(0, count);
    this.#entries = this.#entries.slice(count);
    this.#applied = this.#committed;
    const last = entries.at(-1);
    assert(last?.index === this.#committed, "committed entries are in the log");
    this.#base = { index: last.index, term: last.term };
    return entries;
  }
}
