// The log in memory: what was appended, how far the disk has it, how far it is committed and applied.
// Invariant: indexes have no gap; applied ≤ committed, applied ≤ durable; what is committed is never cut off.
// Called by: all of raft/ through state.ts. Next on the way: progress.ts.

import { assert } from "#lib";
import { type Configuration, decodeConfiguration, membersOf, normal } from "./configuration.ts";
import type { Entry, SnapshotMark } from "./entry.ts";

interface ConfiguredAt {
  readonly index: number;
  readonly configuration: Configuration;
  readonly size: number;
}

function configuredAt(index: number, configuration: Configuration): ConfiguredAt {
  return { index, configuration: normal(configuration), size: membersOf(configuration).length };
}

export interface LogStart {
  readonly snapshot: SnapshotMark;
  /** As the snapshot has it. */
  readonly configuration: Configuration;
  readonly entries: readonly Entry[];
}

/** Most steps have nothing of most things; a step is cheap. */
export const none: readonly never[] = [];

export class RaftLog {
  /** Entries after `#base`, oldest first. */
  #entries: Entry[];
  #base: SnapshotMark;
  /** Never empty: the first is the base's, each later one stands in an entry. The last one counts, committed or not. (Raft §6) */
  #configurations: ConfiguredAt[];
  #handedOut: number;
  /** Batches on their way to the disk, oldest first. */
  #writing: { readonly number: number; last: number }[] = [];
  #durable: number;
  #committed: number;
  #applied: number;
  /** Bytes of the entries that are not committed. */
  #uncommittedBytes = 0;

  constructor({ snapshot, configuration, entries }: LogStart) {
    this.#base = snapshot;
    this.#configurations = [configuredAt(snapshot.index, configuration)];
    this.#entries = [];
    this.#committed = snapshot.index;
    this.#applied = snapshot.index;
    for (const entry of entries) this.append(entry);
    this.#handedOut = this.lastIndex;
    this.#durable = this.lastIndex;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  get last(): SnapshotMark {
    return this.markAt(this.lastIndex)!;
  }

  /** The index before the oldest entry in memory. */
  get baseIndex(): number {
    return this.#base.index;
  }

  get committed(): number {
    return this.#committed;
  }

  get applied(): number {
    return this.#applied;
  }

  get durable(): number {
    return this.#durable;
  }

  get uncommittedBytes(): number {
    return this.#uncommittedBytes;
  }

  get configuration(): Configuration {
    return this.#configurations.at(-1)!.configuration;
  }

  /** How many members the newest configuration has, learners included. */
  get members(): number {
    return this.#configurations.at(-1)!.size;
  }

  /** Where the newest configuration stands. */
  get configuredAt(): number {
    return this.#configurations.at(-1)!.index;
  }

  configurationAt(index: number): Configuration {
    return this.#configurations.findLast((one) => one.index <= index)!.configuration;
  }

  /** Undefined for what has left memory and for what is not there yet. */
  termOf(index: number): number | undefined {
    return index === this.#base.index ? this.#base.term : this.#entries[index - this.#base.index - 1]?.term;
  }

  markAt(index: number): SnapshotMark | undefined {
    const term = this.termOf(index);
    return term === undefined ? undefined : { index, term };
  }

  /** Is a log that ends there at least as new as ours? (Raft §5.4.1) */
  isUpToDate(other: SnapshotMark): boolean {
    const { term, index } = this.last;
    return other.term > term || (other.term === term && other.index >= index);
  }

  append(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, "the log has no gaps (Raft §5.3)");
    this.#entries.push(entry);
    this.#uncommittedBytes += entry.data.length;
    if (entry.type === "configuration") this.#configurations.push(configuredAt(entry.index, decodeConfiguration(entry.data)));
  }

  /** A leader's entries after `previous`, which we have: what differs is cut off, what is missing is added. Returns the last index. */
  merge(previous: SnapshotMark, entries: readonly Entry[]): number {
    for (const entry of entries) {
      if (this.termOf(entry.index) === entry.term) continue;
      if (entry.index <= this.lastIndex) this.#cutFrom(entry.index);
      this.append(entry);
    }
    return previous.index + entries.length;
  }

  /** The largest index up to `from` whose term is not beyond `term`: where two logs may meet. */
  meetingPoint(from: number, term: number): SnapshotMark {
    let index = Math.max(Math.min(from, this.lastIndex), this.#base.index);
    while (index > this.#base.index && this.termOf(index)! > term) index--;
    return { index, term: this.termOf(index)! };
  }

  /** Entries from `index` on, at least one if there is one, and not much more than `maxBytes`. */
  from(index: number, maxBytes: number): readonly Entry[] {
    const start = index - this.#base.index - 1;
    let end = start;
    for (let bytes = 0; end < this.#entries.length; end++) {
      bytes += this.#entries[end]!.data.length;
      if (end > start && bytes > maxBytes) break;
    }
    return this.#entries.slice(start, end);
  }

  /** Entries that no batch has carried to the disk yet; from now on they are in batch `number`. */
  takeUnpersisted(number: number): readonly Entry[] {
    const entries = this.#handedOut === this.lastIndex ? [] : this.#entries.slice(this.#handedOut - this.#base.index);
    this.#handedOut = this.lastIndex;
    this.#writing.push({ number, last: this.lastIndex });
    return entries;
  }

  get hasUnpersisted(): boolean {
    return this.#handedOut < this.lastIndex;
  }

  /** The disk has all batches up to `number`. What was cut off meanwhile does not count. */
  persisted(number: number): void {
    let done = 0;
    for (; done < this.#writing.length && this.#writing[done]!.number <= number; done++) {
      this.#durable = Math.max(this.#durable, this.#writing[done]!.last);
    }
    if (done > 0) this.#writing.splice(0, done);
  }

  commitTo(index: number): void {
    if (index <= this.#committed) return;
    assert(index <= this.lastIndex, "nothing beyond the log is committed");
    for (let at = this.#committed; at < index; at++) this.#uncommittedBytes -= this.#entries[at - this.#base.index]!.data.length;
    this.#committed = index;
  }

  /** Entries to apply now: committed, and on our own disk. All but the newest `keep` leave memory with that. */
  takeCommitted(keep: number): readonly Entry[] {
    const until = Math.min(this.#committed, this.#durable);
    if (this.#applied >= until) return none;
    const entries = this.#entries.slice(this.#applied - this.#base.index, until - this.#base.index);
    this.#applied = until;
    // In one go of half the window: cutting an array at its front costs its length.
    if (until - this.#base.index > 2 * keep) this.#dropTo(until - keep);
    return entries;
  }

  /** A snapshot takes the place of everything. */
  restore(mark: SnapshotMark, configuration: Configuration): void {
    assert(mark.index > this.#committed, "a snapshot never takes the log back");
    this.#base = mark;
    this.#entries = [];
    this.#configurations = [configuredAt(mark.index, configuration)];
    this.#handedOut = mark.index;
    for (const one of this.#writing) one.last = mark.index;
    this.#durable = mark.index;
    this.#committed = mark.index;
    this.#applied = mark.index;
    this.#uncommittedBytes = 0;
  }

  #dropTo(index: number): void {
    const mark = this.markAt(index)!;
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = mark;
    const first = this.#configurations.findLastIndex((one) => one.index <= index);
    this.#configurations.splice(0, first);
  }

  #cutFrom(index: number): void {
    assert(index > this.#committed, "what is committed is never cut off (Raft §5.4)");
    for (let at = index; at <= this.lastIndex; at++) this.#uncommittedBytes -= this.#entries[at - this.#base.index - 1]!.data.length;
    this.#entries.length = index - this.#base.index - 1;
    while (this.configuredAt >= index) this.#configurations.pop();
    this.#handedOut = Math.min(this.#handedOut, index - 1);
    this.#durable = Math.min(this.#durable, index - 1);
    for (const one of this.#writing) one.last = Math.min(one.last, index - 1);
  }
}
