// A change of members that is in the list is not yet one of raft's: whoever asked for it is answered when raft has left its joint configuration.
// Invariant: an answer means that the majority which counts from now on is the new one: a removed member may be killed at once.
// Called by: group.ts, which says when to look again. Next on the way: group.ts.

import type { Clock, Timer } from "#lib";
import { isVoter, membersOf, type Raft } from "#raft";
import { storeError } from "../errors.ts";
import type { MemberChange, MemberRecord } from "../mvcc/members.ts";

interface Waiter {
  readonly settled: () => boolean;
  readonly resolve: () => void;
  readonly timer: Timer;
}

type Configured = Pick<Raft, "commitIndex" | "configurationAt">;
type Numbered = Pick<MemberRecord, "number">;

export class Settling {
  readonly #clock: Clock;
  readonly #raft: Configured;
  readonly #timeoutMs: number;
  readonly #waiters = new Set<Waiter>();
  #shutOut = false;

  constructor(clock: Clock, raft: Configured, timeoutMs: number) {
    this.#clock = clock;
    this.#raft = raft;
    this.#timeoutMs = timeoutMs;
  }

  /** A member that is added is not waited for: it may count only once it runs, and it is started after the answer. */
  until({ change }: MemberChange, member: Numbered | undefined): Promise<void> | undefined {
    if (!member || (change !== "remove" && change !== "promote")) return undefined;
    const settled = (): boolean => this.#shutOut || this.#isSettled(change, member.number);
    if (settled()) return undefined;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(this.#timeoutMs, () => {
        this.#waiters.delete(waiter);
        reject(storeError.outcomeUnknown());
      });
      const waiter: Waiter = { settled, resolve, timer };
      this.#waiters.add(waiter);
    });
  }

  /** After whatever may have moved raft's commit. */
  look(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.settled()) continue;
      this.#waiters.delete(waiter);
      waiter.timer.cancel();
      waiter.resolve();
    }
  }

  /** The others do not let us in any more: raft's members are without us, and nobody will tell us how far they are. */
  shutOut(): void {
    this.#shutOut = true;
    this.look();
  }

  #isSettled(change: "remove" | "promote", number: number): boolean {
    const committed = this.#raft.configurationAt(this.#raft.commitIndex);
    if (change === "remove") return !membersOf(committed).includes(number);
    return isVoter(committed, number) && !committed.outgoing;
  }
}
