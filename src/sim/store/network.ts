// The network between members: messages take a while, and some get lost, doubled, late or out of order; links are cut, also one way.
// Invariant: what arrives was sent; nothing else is promised.
// Called by: member.ts sends, faults.ts cuts and spoils. Next on the way: member.ts.

import type { Prng } from "#lib";
import type { MemberId } from "#raft";
import type { Agenda } from "./agenda.ts";

export interface NetworkWeather {
  /** Shares of messages, 0 to 1. */
  lost: number;
  doubled: number;
  late: number;
}

const lateMs = 150;

export class Network {
  readonly weather: NetworkWeather = { lost: 0, doubled: 0, late: 0 };
  readonly #agenda: Agenda;
  readonly #prng: Prng;
  readonly #cuts = new Set<string>();

  constructor(agenda: Agenda, prng: Prng) {
    this.#agenda = agenda;
    this.#prng = prng;
  }

  cut(from: MemberId, to: MemberId): void {
    this.#cuts.add(`${from}→${to}`);
  }

  heal(): void {
    this.#cuts.clear();
    Object.assign(this.weather, { lost: 0, doubled: 0, late: 0 });
  }

  isCut(from: MemberId, to: MemberId): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from}→${to}`);
  }

  /** False if it is lost already; it may still be, on its way. */
  send(from: MemberId, to: MemberId, arrive: () => void, extraMs = 0): boolean {
    if (this.isCut(from, to) || this.#prng.next() < this.weather.lost) return false;
    const times = this.#prng.next() < this.weather.doubled ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const late = this.#prng.next() < this.weather.late ? this.#prng.next() * lateMs : 0;
      this.#agenda.after(extraMs + 0.3 + 2 * this.#prng.next() + late, () => {
        if (!this.isCut(from, to)) arrive();
      });
    }
    return true;
  }
}
