// All of it together: members, their network, the checks, and one agenda.
// Invariant: everything that happens follows from the seed.
// Called by: run.ts; faults.ts and client.ts act on it. Next on the way: member.ts.

import { type Prng, seededPrng } from "#lib";
import { type MemberId, membersOf, type Message } from "#raft";
import { Consensus } from "../checks/consensus.ts";
import { History } from "../checks/history.ts";
import { Reference } from "../checks/reference.ts";
import { Agenda } from "./agenda.ts";
import { Member, type Surroundings } from "./member.ts";
import { Network } from "./network.ts";
import type { PeersAround } from "./peers.ts";
import { recordOf } from "./record.ts";
import type { Shape } from "./shape.ts";

const farewellMs = 400;

/** A source of chance for each part, so that one part's questions do not change another part's answers. */
export function chanceOf(seed: number, part: number): Prng {
  return seededPrng(Math.imul(seed, 0x9e3779b1) ^ Math.imul(part, 0x85ebca6b));
}

export class Group {
  readonly agenda = new Agenda();
  readonly consensus = new Consensus();
  readonly reference = new Reference();
  readonly history = new History();
  readonly network: Network;
  readonly members = new Map<MemberId, Member>();
  readonly lines: string[] = [];
  /** Hears of every message that leaves a member. */
  onSend: (message: Message) => void = () => undefined;
  onInstall: (id: MemberId) => void = () => undefined;
  readonly #gone = new Set<MemberId>();
  readonly #trace: boolean;
  readonly #seed: number;
  readonly #founders: readonly MemberId[];
  readonly #surroundings: Surroundings;

  constructor(seed: number, shape: Shape, trace: boolean) {
    this.#seed = seed;
    this.#trace = trace;
    this.network = new Network(this.agenda, chanceOf(seed, 1));
    this.#founders = Array.from({ length: shape.voters }, (_, at) => at + 1);
    const { agenda, consensus, reference } = this;
    this.#surroundings = {
      agenda,
      consensus,
      reference,
      shape,
      peers: this.#peers(),
      log: (line) => this.log(line),
      installing: (id) => this.onInstall(id),
    };
    for (const id of this.#founders) this.add(id);
    // Who is added to the list gets a machine, and who is taken off it loses its own after a while.
    reference.onMembers = () => {
      agenda.after(10, () => {
        for (const id of this.current) this.add(id);
      });
      agenda.after(farewellMs, () => this.#switchOffUnneeded());
    };
  }

  /** Switches on the machine of a founder, or of somebody who was added. */
  add(id: MemberId): void {
    if (this.members.has(id)) return;
    const member = new Member(id, this.#founders, this.current, this.#surroundings, chanceOf(this.#seed, 40 + id));
    this.members.set(id, member);
    member.start();
  }

  log(line: string): void {
    if (this.#trace) this.lines.push(`${this.agenda.nowMs.toFixed(1).padStart(8)} ${line}`);
  }

  /** The newest one, if several believe it. */
  get leader(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.members.values()) {
      const raft = member.life?.raft;
      if (raft?.role === "leader" && (best?.life?.raft?.term ?? -1) < raft.term) best = member;
    }
    return best;
  }

  /** The members, as the log has them. */
  get current(): readonly MemberId[] {
    const { members } = this.reference.state;
    return members.founded ? members.all.map(({ number }) => number) : this.#founders;
  }

  /** Who was removed; but not before nobody needs its word any more. */
  #switchOffUnneeded(): void {
    for (const id of this.members.keys()) {
      if (this.isGone(id) || !this.reference.state.members.wasRemoved(recordOf(id).id)) continue;
      const isNeeded = this.current.some((one) => {
        const raft = this.members.get(one)?.life?.raft;
        return !raft || membersOf(raft.configuration).includes(id);
      });
      if (isNeeded) this.agenda.after(farewellMs, () => this.#switchOffUnneeded());
      else this.switchOff(id);
    }
  }

  /** For ever: its removal was answered, or nobody needs its word. */
  switchOff(id: MemberId): void {
    if (this.isGone(id)) return;
    this.#gone.add(id);
    this.members.get(id)?.crash();
  }

  /** Removed, and switched off for ever. */
  isGone(id: MemberId): boolean {
    return this.#gone.has(id);
  }

  #peers(): PeersAround {
    const { agenda, network, members } = this;
    return {
      agenda,
      network,
      at: (id) => {
        const life = members.get(id)?.life;
        return life?.alive ? life.peers : undefined;
      },
      whenAwake: (id, run) => members.get(id)?.drift.whenAwake(run),
      sent: (message) => this.onSend(message),
    };
  }
}
