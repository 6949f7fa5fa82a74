// Consensus as a pure state machine: one input in, one `Ready` out. No I/O, no clock, no await.
// Invariant: a member votes once a term, a leader only appends, and what is committed is on the disks of a majority.
// Called by: store/replica.ts, which persists a Ready, reports `persisted`, and applies what is committed. See Raft §5.
// One voter is the smallest case of the real shape: it campaigns, hears its own vote, appends, hears its own disk.

import { assert, unreachable } from "#lib";
import type { Entry, HardState, MemberId, Message, SnapshotMark } from "./entry.ts";
import { RaftLog } from "./log.ts";

export type Role = "follower" | "candidate" | "leader";

export type Input =
  | { readonly type: "tick" }
  /** Stand for election now, without waiting for the timeout. */
  | { readonly type: "campaign" }
  | { readonly type: "propose"; readonly data: readonly Uint8Array[] }
  /** The disk has everything of the Ready whose term and last index these are. */
  | { readonly type: "persisted"; readonly term: number; readonly index: number }
  | { readonly type: "message"; readonly message: Message };

/** What to do, in this order: persist, send, apply. */
export interface Ready {
  /** Present when it changed. */
  readonly hardState?: HardState;
  readonly entries: readonly Entry[];
  /** Term, vote or entries changed: persist durably and report `persisted`. A new commit alone may wait for the next batch. */
  readonly mustSync: boolean;
  readonly messages: readonly Message[];
  readonly committed: readonly Entry[];
}

export interface RaftOptions {
  readonly id: MemberId;
  readonly voters: readonly MemberId[];
  /** Ticks without a leader before a member campaigns. */
  readonly electionTicks: number;
  readonly hardState: HardState;
  readonly snapshot: SnapshotMark;
  readonly entries: readonly Entry[];
}

export class Raft {
  readonly #id: MemberId;
  readonly #voters: readonly MemberId[];
  readonly #electionTicks: number;
  readonly #log: RaftLog;
  #term: number;
  #vote: MemberId;
  #lastReported: HardState;
  #role: Role = "follower";
  #elapsedTicks = 0;
  #votes = new Set<MemberId>();
  /** The last index known to be on each voter's disk. */
  #match = new Map<MemberId, number>();

  constructor(options: RaftOptions) {
    // Simplification: one voter. Requests for votes and entries to other members come with the store as a cluster.
    assert(options.voters.length === 1 && options.voters[0] === options.id, "this group has one voter");
    this.#id = options.id;
    this.#voters = options.voters;
    this.#electionTicks = options.electionTicks;
    this.#log = new RaftLog(options.snapshot, options.entries);
    this.#term = options.hardState.term;
    this.#vote = options.hardState.vote;
    this.#log.commitTo(Math.min(options.hardState.commit, this.#log.lastIndex));
    this.#lastReported = { term: this.#term, vote: this.#vote, commit: this.#log.committed };
  }

  get role(): Role {
    return this.#role;
  }

  get term(): number {
    return this.#term;
  }

  get lastIndex(): number {
    return this.#log.lastIndex;
  }

  step(input: Input): Ready {
    switch (input.type) {
      case "tick":
        this.#tick();
        break;
      case "campaign":
        this.#campaign();
        break;
      case "propose":
        this.#propose(input.data);
        break;
      case "persisted":
        this.#persisted(input.term, input.index);
        break;
      case "message":
        this.#receive(input.message);
        break;
      default:
        unreachable(input satisfies never);
    }
    return this.#ready();
  }

  #tick(): void {
    if (this.#role === "leader") return;
    this.#elapsedTicks += 1;
    if (this.#elapsedTicks >= this.#electionTicks) this.#campaign();
  }

  #campaign(): void {
    if (this.#role === "leader") return;
    this.#role = "candidate";
    this.#term += 1;
    this.#vote = this.#id;
    this.#elapsedTicks = 0;
    // Our own vote counts only when the disk has it (`persisted`): who forgets a vote could elect two leaders. (Raft §5.2)
    this.#votes = new Set();
  }

  #propose(data: readonly Uint8Array[]): void {
    assert(this.#role === "leader", "only a leader takes proposals");
    for (const one of data) this.#log.append({ term: this.#term, index: this.#log.lastIndex + 1, type: "command", data: one });
  }

  /** Our own disk is the first of our peers. */
  #persisted(term: number, index: number): void {
    if (term !== this.#term) return;
    if (this.#role === "candidate") this.#receive({ type: "voteReply", from: this.#id, term, granted: true });
    else if (this.#role === "leader") this.#receive({ type: "appendReply", from: this.#id, term, index });
  }

  #receive(message: Message): void {
    assert(this.#voters.includes(message.from), "messages come from voters");
    if (message.term !== this.#term) return;
    if (message.type === "voteReply") {
      if (this.#role !== "candidate" || !message.granted) return;
      this.#votes.add(message.from);
      if (this.#votes.size >= this.#majority) this.#lead();
      return;
    }
    if (this.#role !== "leader") return;
    this.#match.set(message.from, Math.max(message.index, this.#match.get(message.from) ?? 0));
    this.#advanceCommit();
  }

  get #majority(): number {
    return Math.floor(this.#voters.length / 2) + 1;
  }

  #lead(): void {
    this.#role = "leader";
    this.#match = new Map();
    // A leader may not count copies of older terms' entries; an empty entry of its own term commits them too. (Raft §5.4.2)
    this.#log.append({ term: this.#term, index: this.#log.lastIndex + 1, type: "empty", data: new Uint8Array(0) });
  }

  #advanceCommit(): void {
    const matches = this.#voters.map((voter) => this.#match.get(voter) ?? 0).sort((a, b) => b - a);
    const index = matches[this.#majority - 1] ?? 0;
    if (index > this.#log.committed && this.#log.termOf(index) === this.#term) this.#log.commitTo(index);
  }

  #ready(): Ready {
    const entries = this.#log.takeUnpersisted();
    const committed = this.#log.takeCommitted();
    const last = this.#lastReported;
    const hardState: HardState = { term: this.#term, vote: this.#vote, commit: this.#log.committed };
    const voteChanged = hardState.term !== last.term || hardState.vote !== last.vote;
    const changed = voteChanged || hardState.commit !== last.commit;
    this.#lastReported = hardState;
    return { ...(changed ? { hardState } : {}), entries, mustSync: voteChanged || entries.length > 0, messages: [], committed };
  }
}
