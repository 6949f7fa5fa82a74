// Long work in slices: gives the event loop back every few milliseconds.
// Invariant: between two `turn`s of one slicer no more than `budgetMs` pass, if the caller asks often enough.
// Called by: LIST, fan-out, snapshots, compaction. Next on the way: log.ts.

import type { Clock } from "./clock.ts";

/** One macrotask: lets sockets, timers and other work run. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class Slicer {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #startedMs: number;

  constructor(clock: Clock, budgetMs = 5) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#startedMs = clock.monotonicMs();
  }

  /** True when the budget is used up: the caller awaits `turn()` before it goes on. */
  get spent(): boolean {
    return this.#clock.monotonicMs() - this.#startedMs >= this.#budgetMs;
  }

  async turn(): Promise<void> {
    await macrotask();
    this.#startedMs = this.#clock.monotonicMs();
  }
}
