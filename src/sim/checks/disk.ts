// What one member's disk has for sure, because it said so; held against what the member promises, and against what it finds after a crash.
// Invariant: nobody promises a vote or an entry that its disk does not have, and no crash takes away what a disk has.
// Called by: consensus.ts, sim/store/life.ts. Next on the way: consensus.ts.

import type { Entry, HardState, MemberId, Message, SnapshotMark } from "#raft";
import { Violation } from "./violation.ts";

interface Found {
  readonly mark: SnapshotMark;
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
}

export class KnownDisk {
  readonly #id: MemberId;
  /** A snapshot covers everything up to it. */
  #mark: SnapshotMark = { index: 0, term: 0 };
  /** By index; entries that the snapshot covers may be among them. */
  #terms = new Map<number, number>();
  #last = 0;
  #term = 0;
  #vote: MemberId = 0;

  constructor(id: MemberId) {
    this.#id = id;
  }

  has(index: number, term: number | undefined): boolean {
    return this.#mark.index >= index || this.#terms.get(index) === term;
  }

  /** The disk says that it has these; they take the place of all from the first one on. */
  wrote(entries: readonly Entry[], hardState: HardState): void {
    for (const { index, term } of entries) this.#terms.set(index, term);
    const last = entries.at(-1)?.index ?? this.#last;
    for (let index = last + 1; index <= this.#last; index++) this.#terms.delete(index);
    this.#last = last;
    this.#hold(hardState);
  }

  /** A leader's snapshot took the place of everything. */
  replacedBy(mark: SnapshotMark): void {
    this.#mark = mark;
    this.#terms = new Map();
    this.#last = mark.index;
  }

  /** After a start. Something else than what it had may be there only if a newer leader's entries had begun to take its place. */
  found({ mark, entries, hardState }: Found): void {
    const newest = entries.at(-1)?.term ?? mark.term;
    const there = new Map(entries.map((entry) => [entry.index, entry.term]));
    for (let index = mark.index + 1; index <= this.#last; index++) {
      const term = this.#terms.get(index);
      if (term !== undefined && there.get(index) !== term && newest <= term) {
        throw new Violation("Disk", `member ${this.#id} had entry ${term}.${index} on its disk, and after a crash it has not`);
      }
    }
    if (mark.index < this.#mark.index) throw new Violation("Disk", `member ${this.#id} lost its snapshot ${this.#mark.index} in a crash`);
    if (hardState.term < this.#term || (hardState.term === this.#term && this.#vote !== 0 && hardState.vote !== this.#vote)) {
      throw new Violation("Disk", `member ${this.#id} forgot its vote of term ${this.#term} in a crash`);
    }
    let before = mark.term;
    for (const { index, term } of entries) {
      if (term < before) throw new Violation("Disk", `member ${this.#id} finds entry ${term}.${index} after one of term ${before}`);
      before = term;
    }
    this.#mark = mark;
    this.#terms = there;
    this.#last = entries.at(-1)?.index ?? mark.index;
    this.#hold(hardState);
  }

  /** It leaves the member now: what it says must be on the disk. */
  promises(message: Message): void {
    if (message.type !== "voteReply" || message.pre || !message.granted) return;
    // A later term on the disk is as good: nobody votes again in an earlier one.
    if (this.#term > message.term || (this.#term === message.term && this.#vote === message.to)) return;
    throw new Violation("Vote", `member ${this.#id} gives ${message.to} its vote of term ${message.term} before its disk has it`);
  }

  #hold({ term, vote }: HardState): void {
    this.#term = term;
    this.#vote = vote;
  }
}
