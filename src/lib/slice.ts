// Long work in slices: gives the event loop back every few milliseconds.
// Invariant: between two `turn`s of one slicer no more than `budgetMs` pass, if the caller asks often enough.
// Called by: LIST, fan-out, snapshots, compaction. Next on the way: log.ts.

import type { Clock } from "./clock.ts";

/**
 * Short, because slices add up: in one round of the loop there may be one each of requests let in, answers, a watch's fan-out and a decision about a pod,
 * and what a slice of requests sets going (answers, events, reconciles) is three times as long as the slice. Longer ones only save macrotasks.
 */
const sliceMs = 2;

/** One macrotask: lets sockets, timers and other work run. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets everything that was just answered run on until it waits for something, still within this macrotask. */
export function settled(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}

export class Slicer {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #startedMs: number;

  constructor(clock: Clock, budgetMs = sliceMs) {
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

/** Starts pieces of work in the order they came. What each does at once, its promises included, counts for the slice. */
export class Pacer {
  readonly #slicer: Slicer;
  #waiting: (() => void)[] = [];
  #pumping = false;

  constructor(clock: Clock, budgetMs = sliceMs) {
    this.#slicer = new Slicer(clock, budgetMs);
  }

  /** Resolves, in a later macrotask, when it is the caller's turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#pumping) return;
      this.#pumping = true;
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    await this.#slicer.turn();
    while (this.#waiting.length > 0) {
      const now = this.#waiting;
      this.#waiting = [];
      for (const start of now) {
        start();
        await settled();
        if (this.#slicer.spent) await this.#slicer.turn();
      }
    }
    this.#pumping = false;
  }
}
