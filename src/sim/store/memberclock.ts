// One member's clock: it may run fast or slow, nearly stand, or stop with its machine.
// Invariant: never goes back; a timer fires when this clock says so, and never in a life that has ended.
// Called by: life.ts hands it to the store. Next on the way: agenda.ts.

import type { Clock, Timer } from "#lib";
import type { Agenda } from "./agenda.ts";

const startMs = Date.UTC(2026, 0, 1);
/** A waiting timer looks again after so long: the clock may run otherwise by then. */
const lookMs = 100;
/** Shorter waits could be too short for a sum of floats to grow. */
const leastMs = 0.01;

/** What a machine's clock is like; it stays from life to life. */
export class Drift {
  readonly #agenda: Agenda;
  #speed = 1;
  #localMs = 0;
  #sinceMs = 0;
  frozenUntilMs = 0;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  get localMs(): number {
    return this.#localMs + (this.#agenda.nowMs - this.#sinceMs) * this.#speed;
  }

  get speed(): number {
    return this.#speed;
  }

  set speed(speed: number) {
    this.#localMs = this.localMs;
    this.#sinceMs = this.#agenda.nowMs;
    this.#speed = speed;
  }

  /** Now, or when the machine goes on. */
  whenAwake(run: () => void): void {
    const waitMs = this.frozenUntilMs - this.#agenda.nowMs;
    if (waitMs <= 0) run();
    else this.#agenda.after(waitMs, () => this.whenAwake(run));
  }
}

export class MemberClock implements Clock {
  readonly #agenda: Agenda;
  readonly #drift: Drift;
  readonly #alive: () => boolean;

  constructor(agenda: Agenda, drift: Drift, alive: () => boolean) {
    this.#agenda = agenda;
    this.#drift = drift;
    this.#alive = alive;
  }

  nowMs(): number {
    return startMs + this.#drift.localMs;
  }

  monotonicMs(): number {
    return this.#drift.localMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const dueMs = this.#drift.localMs + Math.max(delayMs, 0);
    let cancelled = false;
    const look = (): void => {
      if (cancelled || !this.#alive()) return;
      if (this.#drift.localMs < dueMs) return wait();
      this.#drift.whenAwake(() => {
        if (!cancelled && this.#alive()) run();
      });
    };
    const wait = (): void => {
      const leftMs = (dueMs - this.#drift.localMs) / this.#drift.speed;
      this.#agenda.after(Math.min(Math.max(leftMs, leastMs), lookMs), look);
    };
    wait();
    return {
      cancel: () => {
        cancelled = true;
      },
    };
  }
}
