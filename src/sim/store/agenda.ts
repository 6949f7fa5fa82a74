// Virtual time for members of a store: what happens when, in one order.
// Invariant: events come by time, then in the order they were made; between two events the loop turns once, so that promises go on.
// Called by: run.ts drives it; network.ts, slowdisk.ts, member.ts, client.ts and faults.ts put events in. Next on the way: slowdisk.ts.
// sim/clock.ts is for whole clusters that live by Clock; this one runs ten thousand short lives, so it is nearly nothing.

import { macrotask } from "#lib";
import { Violation } from "../checks/violation.ts";

/** Some fifty times of what a life has. */
const mostEvents = 300_000;

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

const before = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

export class Agenda {
  nowMs = 0;
  events = 0;
  /** A binary heap, the next event first. */
  readonly #heap: Event[] = [];
  #order = 0;
  #failure: unknown;

  after(delayMs: number, run: () => void): void {
    const event: Event = { atMs: this.nowMs + Math.max(delayMs, 0), order: this.#order++, run };
    let at = this.#heap.length;
    this.#heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(this.#heap[parent]!, event)) break;
      this.#heap[at] = this.#heap[parent]!;
      at = parent;
    }
    this.#heap[at] = event;
  }

  /** Stops whoever awaits it for some virtual time. `alive` false by then: for ever. */
  pause(delayMs: number, alive: () => boolean = () => true): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, () => {
        if (alive()) resolve();
      });
    });
  }

  /** Ends the run with this, if nothing has yet. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  async run(untilMs: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.atMs > untilMs) break;
      this.#pop();
      this.nowMs = next.atMs;
      this.events += 1;
      if (this.events > mostEvents) throw new Violation("Runaway", `after ${this.events} events it is still ${this.nowMs.toFixed(1)} ms`);
      next.run();
      // Whatever that woke has gone on until it waits for an event, or for its own next turn of the loop.
      await macrotask();
      if (this.#failure !== undefined) throw this.#failure;
    }
    this.nowMs = untilMs;
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    const count = this.#heap.length;
    if (count === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && before(this.#heap[child + 1]!, this.#heap[child]!)) child += 1;
      if (before(last, this.#heap[child]!)) break;
      this.#heap[at] = this.#heap[child]!;
      at = child;
    }
    this.#heap[at] = last;
  }
}
