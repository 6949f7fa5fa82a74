// A clock whose time is a number that somebody moves: the Clock that every part of a simulated world is handed.
// Invariant: time never goes back; timers fire in the order of their times, those of one moment in the order they were set, each at its own moment.
// Called by: everything in the world, through `Clock`; driver.ts, which alone moves it. Next on the way: rest.ts, when it may be moved.

import sortedBtree from "sorted-btree";
import { assert, type Clock, type Timer } from "#lib";

interface Entry {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

const byTime = (a: Entry, b: Entry): number => a.atMs - b.atMs || a.sequence - b.sequence;

export class VirtualClock implements Clock {
  readonly startMs: number;
  #nowMs: number;
  #sequence = 0;
  #fired = 0;
  readonly #timers = new sortedBtree.default<Entry, true>(undefined, byTime);

  constructor(startMs: number) {
    this.startMs = startMs;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.startMs;
  }

  after(delayMs: number, run: () => void): Timer {
    // Whole milliseconds, as the machine's clock has them: jitter makes fractions of them.
    const entry: Entry = { atMs: this.#nowMs + (delayMs > 0 ? Math.ceil(delayMs) : 0), sequence: ++this.#sequence, run };
    // "Never" has no place in the order, and would keep the clock from ever being idle.
    if (!Number.isFinite(entry.atMs)) return { cancel: () => undefined };
    this.#timers.set(entry, true);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  /** When the first timer is due. */
  get nextMs(): number | undefined {
    return this.#timers.minKey()?.atMs;
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Timers that have fired since the start. */
  get fired(): number {
    return this.#fired;
  }

  /** Moves to the moment of the first timer and runs it, and it alone: what it sets off comes to rest before the next. */
  fireNext(): void {
    const entry = this.#timers.minKey();
    assert(entry, "a timer waits");
    this.#timers.delete(entry);
    this.#nowMs = Math.max(this.#nowMs, entry.atMs);
    this.#fired += 1;
    entry.run();
  }

  /** Lets time pass in which nothing is due. */
  moveTo(atMs: number): void {
    assert(atMs >= this.#nowMs, "time does not go back");
    const nextMs = this.nextMs;
    assert(nextMs === undefined || nextMs >= atMs, "no timer is passed over");
    this.#nowMs = atMs;
  }
}
