// One member: a disk that stays, and one life after the other on it. Its clock may run fast or slow, and it may stand still.
// Invariant: what reaches a member that stands still waits; what reaches one that is down is lost.
// Called by: group.ts. Next on the way: life.ts.

import type { Prng } from "#lib";
import type { MemberId, Message, Snapshot } from "#raft";
import { SimulatedDisk } from "#store/parts";
import type { Consensus } from "../checks/consensus.ts";
import type { Reference } from "../checks/reference.ts";
import type { Agenda } from "./agenda.ts";
import { Life } from "./life.ts";
import type { Shape } from "./shape.ts";
import { type DiskWeather, SlowDisk } from "./slowdisk.ts";

/** What is around a life: time, the others, and the checks. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly consensus: Consensus;
  readonly reference: Reference;
  readonly shape: Shape;
  log(line: string): void;
  send(message: Message): void;
  /** This member begins to put another one's snapshot in the place of its own state. */
  installing(id: MemberId): void;
  /** Reports the index when it has arrived, 0 when it has not. */
  sendSnapshot(message: Snapshot, bytes: Buffer, report: (index: number) => void): void;
}

const tickMs = 20;

export class Member {
  readonly id: MemberId;
  readonly diskWeather: DiskWeather = { stallEvery: 0, stallMs: 0 };
  readonly #around: Surroundings;
  readonly #prng: Prng;
  readonly #voters: readonly MemberId[];
  #platter = new SimulatedDisk();
  #disk: SlowDisk | undefined;
  #life: Life | undefined;
  /** 1: as it should be; 2: twice as fast. */
  speed = 1;
  #frozenUntilMs = 0;

  constructor(id: MemberId, voters: readonly MemberId[], around: Surroundings, prng: Prng) {
    this.id = id;
    this.#voters = voters;
    this.#around = around;
    this.#prng = prng;
  }

  /** Undefined while it is down. */
  get life(): Life | undefined {
    return this.#life;
  }

  start(): void {
    if (this.#life) return;
    const disk = new SlowDisk(this.#platter, this.#around.agenda, this.#prng, this.diskWeather);
    const life = new Life(this.id, this.#around, disk, this.#prng);
    this.#disk = disk;
    this.#life = life;
    this.#around.agenda.start(() => life.boot(this.#voters));
    this.#tick(life);
  }

  crash(): void {
    if (!this.#life || !this.#disk) return;
    this.#life.alive = false;
    this.#life = undefined;
    this.#platter = this.#disk.crash();
  }

  freeze(forMs: number): void {
    this.#frozenUntilMs = this.#around.agenda.nowMs + forMs;
  }

  receive(message: Message, snapshot?: Buffer): void {
    this.#whenAwake(() => this.#life?.receive(message, snapshot));
  }

  /** A client's request, for whatever life there is. */
  ask(run: (life: Life) => void): void {
    this.#whenAwake(() => {
      if (this.#life?.started) run(this.#life);
    });
  }

  #whenAwake(run: () => void): void {
    const { agenda } = this.#around;
    if (agenda.nowMs >= this.#frozenUntilMs) run();
    else agenda.after(this.#frozenUntilMs - agenda.nowMs, () => this.#whenAwake(run));
  }

  #tick(life: Life): void {
    this.#around.agenda.after(tickMs / this.speed, () => {
      if (!life.alive) return;
      this.#whenAwake(() => {
        life.step({ type: "tick" });
        this.#tick(life);
      });
    });
  }
}
