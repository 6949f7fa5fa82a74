// Looks on at one member's state machine: every step goes by here, and the checks hear of it.
// Invariant: changes nothing; what it hears is what the store itself does with its state machine.
// Called by: life.ts, through openMember's `observe`. Next on the way: ../checks/consensus.ts.

import type { Entry, HardState, Input, MemberId, Raft, Ready, SnapshotMark } from "#raft";
import type { Consensus } from "../checks/consensus.ts";
import type { Reference } from "../checks/reference.ts";

export interface Had {
  readonly mark: SnapshotMark;
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
}

export interface ObserverAround {
  readonly consensus: Consensus;
  readonly reference: Reference;
  alive(): boolean;
  log(line: string): void;
  /** This member begins to put another one's snapshot in the place of its own state. */
  installing(): void;
  /** A promise was broken. */
  fail(error: unknown): void;
}

interface Unsynced {
  readonly ready: Ready;
  readonly hardState: HardState;
}

export class Observer {
  readonly #id: MemberId;
  readonly #raft: Raft;
  readonly #around: ObserverAround;
  #hardState: HardState;
  #unsynced: Unsynced[] = [];

  constructor(id: MemberId, raft: Raft, had: Had, around: ObserverAround) {
    this.#id = id;
    this.#raft = raft;
    this.#around = around;
    this.#hardState = had.hardState;
    around.consensus.diskOf(id).found(had);
    const step = raft.step.bind(raft);
    raft.step = (input) => this.#step(input, step);
  }

  #step(input: Input, step: (input: Input) => Ready): Ready {
    const raft = this.#raft;
    if (!this.#around.alive()) return step(input);
    try {
      if (input.type === "persisted") this.#persisted(input.number);
      const { role, term, commitIndex, configuredAt, lastIndex } = raft;
      const ready = step(input);
      this.#look(ready, { leads: role === "leader", term, commitIndex, configuredAt, lastIndex });
      return ready;
    } catch (error) {
      this.#around.fail(error);
      throw error;
    }
  }

  #look(ready: Ready, before: { leads: boolean; term: number; commitIndex: number; configuredAt: number; lastIndex: number }): void {
    const { consensus, reference } = this.#around;
    const raft = this.#raft;
    const leads = raft.role === "leader";
    const still = leads && before.leads && raft.term === before.term;
    if (leads && !still) {
      this.#around.log(`${this.#id} leads term ${raft.term}`);
      consensus.elected(this.#id, raft.term, (index) => raft.termOf(index), raft.commitIndex);
    }
    const [first] = ready.entries;
    if (first) consensus.appended(this.#id, ready.entries, raft.termOf(first.index - 1), still ? before.lastIndex : undefined);
    if (still && raft.configuredAt > before.configuredAt) consensus.configured(this.#id, before.configuredAt, raft.commitIndex);
    if (still && raft.commitIndex > before.commitIndex) {
      consensus.committedBy(this.#id, raft.commitIndex, raft.termOf(raft.commitIndex), raft.term, raft.configuration);
    }
    if (ready.hardState) this.#hardState = ready.hardState;
    if (ready.mustSync) this.#unsynced.push({ ready, hardState: this.#hardState });
    if (ready.restore) this.#around.installing();
    for (const message of ready.messages) consensus.diskOf(this.#id).promises(message);
    for (const entry of ready.committed) if (consensus.applied(this.#id, entry)) reference.apply(entry);
  }

  /** The disk has what these said: the store says so to its state machine, and nobody else would know. */
  #persisted(number: number): void {
    const disk = this.#around.consensus.diskOf(this.#id);
    while (this.#unsynced.length > 0 && this.#unsynced[0]!.ready.number <= number) {
      const { ready, hardState } = this.#unsynced.shift()!;
      if (ready.restore) disk.replacedBy(ready.restore.mark);
      disk.wrote(ready.entries, hardState);
    }
  }
}
