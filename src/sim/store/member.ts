// One member: a disk that stays, and one life after the other on it. Its clock may run fast or slow, and it may stand still.
// Invariant: what reaches a member that stands still waits; what reaches one that is down is lost.
// Called by: group.ts. Next on the way: life.ts.

import type { Prng } from "#lib";
import type { MemberId } from "#raft";
import { SimulatedDisk } from "#store/parts";
import type { Consensus } from "../checks/consensus.ts";
import type { Reference } from "../checks/reference.ts";
import type { Agenda } from "./agenda.ts";
import { Life } from "./life.ts";
import { Drift } from "./memberclock.ts";
import type { PeersAround } from "./peers.ts";
import { recordOf } from "./record.ts";
import type { Shape } from "./shape.ts";
import { type DiskWeather, SlowDisk } from "./slowdisk.ts";

/** What is around a life: time, the others, and the checks. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly consensus: Consensus;
  readonly reference: Reference;
  readonly shape: Shape;
  readonly peers: PeersAround;
  log(line: string): void;
  /** This member begins to put another one's snapshot in the place of its own state. */
  installing(id: MemberId): void;
}

/** As store/members/identity.ts writes it at a first start, which is not what is looked at here. */
function identityOf(id: MemberId, founders: readonly MemberId[], known: readonly MemberId[]): Buffer {
  const members = known.map((one) => ({ ...recordOf(one), clientUrls: [] }));
  const voters = founders.includes(id) ? founders : [];
  return Buffer.from(JSON.stringify({ format: 1, cluster: "c", number: id, id: recordOf(id).id, members, voters }));
}

export class Member {
  readonly id: MemberId;
  readonly diskWeather: DiskWeather = { stallEvery: 0, stallMs: 0 };
  readonly drift: Drift;
  readonly #around: Surroundings;
  readonly #prng: Prng;
  #platter: SimulatedDisk;
  #disk: SlowDisk | undefined;
  #life: Life | undefined;

  /** `known`: the members by the time it comes. */
  constructor(id: MemberId, founders: readonly MemberId[], known: readonly MemberId[], around: Surroundings, prng: Prng) {
    this.id = id;
    this.#around = around;
    this.#prng = prng;
    this.drift = new Drift(around.agenda);
    this.#platter = new SimulatedDisk(new Map([["MEMBER", identityOf(id, founders, known)]]));
  }

  /** Undefined while it is down. */
  get life(): Life | undefined {
    return this.#life;
  }

  start(): void {
    if (this.#life) return;
    const { id, drift } = this;
    this.#disk = new SlowDisk(this.#platter, this.#around.agenda, this.#prng, this.diskWeather, this.#around.shape.inPlace);
    this.#life = new Life({ id, around: this.#around, disk: this.#disk, drift, prng: this.#prng });
  }

  crash(): void {
    if (!this.#life || !this.#disk) return;
    this.#life.alive = false;
    this.#life = undefined;
    this.#platter = this.#disk.crash();
  }

  toString(): string {
    const raft = this.#life?.raft;
    if (!raft) return `${this.id} ${this.#life ? "is starting" : "is down"}`;
    const { role, term, leader, lastIndex, commitIndex, configuration } = raft;
    const applied = this.#life!.appliedIndex;
    return `${this.id} ${role} term ${term} of ${leader}, log to ${lastIndex}, committed ${commitIndex}, applied ${applied}, ${JSON.stringify(configuration)}`;
  }

  freeze(forMs: number): void {
    this.drift.frozenUntilMs = this.#around.agenda.nowMs + forMs;
  }

  /** A client's request, for whatever life there is. */
  ask(run: (life: Life) => void): void {
    this.drift.whenAwake(() => {
      if (this.#life?.started) run(this.#life);
    });
  }
}
