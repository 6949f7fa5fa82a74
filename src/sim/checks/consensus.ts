// The five properties of Raft (its figure 3), looked at after every step of every member, and that what is committed is on a majority's disks.
// Invariant: knows more than any member can: who led when, every entry that ever was, and the one sequence that was committed.
// Called by: sim/store/life.ts. Next on the way: reference.ts, which carries that one sequence out.

import { type Configuration, type Entry, type MemberId } from "#raft";
import { KnownDisk } from "./disk.ts";
import { Violation } from "./violation.ts";

interface Seen {
  readonly entry: Entry;
  readonly previousTerm: number;
}

const nameOf = ({ term, index }: { readonly term: number; readonly index: number }): string => `${term}.${index}`;
const same = (a: Entry, b: Entry): boolean => a === b || (a.type === b.type && Buffer.compare(a.data, b.data) === 0);

/** Counted here once more: the members count with the code that is under test. */
const isMost = (ids: readonly MemberId[], has: (id: MemberId) => boolean): boolean => 2 * ids.filter(has).length > ids.length;

export class Consensus {
  readonly #leaders = new Map<number, MemberId>();
  readonly #entries = new Map<string, Seen>();
  /** By index, from 1. */
  readonly #committed: Entry[] = [];
  readonly #disks = new Map<MemberId, KnownDisk>();

  get committed(): number {
    return this.#committed.length;
  }

  get elections(): number {
    return this.#leaders.size;
  }

  /** Election Safety, and Leader Completeness: whoever leads has everything that earlier terms committed. */
  elected(id: MemberId, term: number, termOf: (index: number) => number | undefined, base: number): void {
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== id) throw new Violation("Election Safety", `members ${other} and ${id} both lead term ${term}`);
    this.#leaders.set(term, id);
    const last = this.#committed.findLast((entry) => entry.term < term);
    if (last && last.index > base && termOf(last.index) !== last.term) {
      throw new Violation("Leader Completeness", `member ${id} leads term ${term} without entry ${nameOf(last)}, which is committed`);
    }
  }

  /** Leader Append-Only and Log Matching: the same term and index is the same entry, and so is everything before it. */
  appended(id: MemberId, entries: readonly Entry[], previousTerm: number | undefined, leaderSince: number | undefined): void {
    const [first] = entries;
    if (!first) return;
    if (leaderSince !== undefined && first.index <= leaderSince) {
      throw new Violation("Leader Append-Only", `member ${id} leads and overwrites its entry ${first.index}`);
    }
    let before = previousTerm;
    for (const entry of entries) {
      const name = nameOf(entry);
      const seen = this.#entries.get(name);
      if (before !== undefined) {
        if (!seen) this.#entries.set(name, { entry, previousTerm: before });
        else if (!same(seen.entry, entry) || seen.previousTerm !== before) {
          throw new Violation("Log Matching", `member ${id} has another entry ${name}, or another one before it`);
        }
      }
      before = entry.term;
    }
  }

  /** State Machine Safety: at an index all members apply the same. True: nobody has applied it before. */
  applied(id: MemberId, entry: Entry): boolean {
    const known = this.#committed[entry.index - 1];
    if (!known) {
      if (entry.index !== this.#committed.length + 1) {
        throw new Violation("State Machine Safety", `member ${id} applies ${nameOf(entry)} before anybody has committed what comes before`);
      }
      this.#committed.push(entry);
      return true;
    }
    if (known.term !== entry.term || !same(known, entry)) {
      throw new Violation("State Machine Safety", `member ${id} applies ${nameOf(entry)}, others have applied ${nameOf(known)} there`);
    }
    return false;
  }

  /** The disk of this member. */
  diskOf(id: MemberId): KnownDisk {
    const known = this.#disks.get(id) ?? new KnownDisk(id);
    this.#disks.set(id, known);
    return known;
  }

  /** One change of members at a time: the one before is committed. (Raft §6) */
  configured(id: MemberId, previousAt: number, commitIndex: number): void {
    if (previousAt <= commitIndex) return;
    throw new Violation("Joint Consensus", `member ${id} changes the members before the change at ${previousAt} is committed`);
  }

  /** A leader says it is committed: then it is of its own term (§5.4.2), and a majority's disks have it. */
  committedBy(id: MemberId, index: number, term: number | undefined, leaderTerm: number, configuration: Configuration): void {
    if (term !== leaderTerm)
      throw new Violation("Own Term", `member ${id} leads term ${leaderTerm} and commits by counting ${term}.${index}`);
    const has = (member: MemberId): boolean => this.diskOf(member).has(index, term);
    const { voters, outgoing } = configuration;
    if (isMost(voters, has) && (!outgoing || isMost(outgoing, has))) return;
    throw new Violation("Durability", `member ${id} commits ${term}.${index}, which is not on the disks of a majority`);
  }
}
