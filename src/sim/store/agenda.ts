// Virtual time for members of a store: what happens when, in one order.
// Invariant: events come by time, then in the order they were made; between two events every promise chain has come to a stand.
// Called by: run.ts drives it; network.ts, slowdisk.ts, member.ts, client.ts and faults.ts put events in. Next on the way: slowdisk.ts.
// sim/clock.ts is for whole clusters that live by Clock; this one runs ten thousand short lives, so it is nearly nothing.

import { assert, macrotask } from "#lib";
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
  /** Chains of promises that are not waiting for an event. */
  #running = 0;
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

  /** A chain that goes on by itself until it waits (`pause`) or ends. */
  start(chain: () => Promise<void>): void {
    this.#running += 1;
    const ended = (): void => {
      this.#running -= 1;
    };
    void chain()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .then(ended);
  }

  /** Stops the calling chain for some virtual time. `alive` false by then: for ever. */
  pause(delayMs: number, alive: () => boolean): Promise<void> {
    this.#running -= 1;
    return new Promise((resolve) => {
      this.after(delayMs, () => {
        if (!alive()) return;
        this.#running += 1;
        resolve();
      });
    });
  }

  /** Stops the calling chain until another one calls what it is given. */
  waitFor(tell: (goOn: () => void) => void): Promise<void> {
    this.#running -= 1;
    return new Promise((resolve) => {
      tell(() => {
        this.after(0, () => {
          this.#running += 1;
          resolve();
        });
      });
    });
  }

  /** Stops the calling chain for ever. */
  halt(): Promise<never> {
    this.#running -= 1;
    return new Promise(() => undefined);
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
      if (this.#running > 0) await this.#stand();
      if (this.#failure !== undefined) throw this.#failure;
    }
    this.nowMs = untilMs;
  }

  async #stand(): Promise<void> {
    for (let turn = 0; this.#running > 0; turn++) {
      assert(turn < 100_000, "every chain comes to a stand");
      // Nearly all chains stand after a few microtasks; a snapshot gives the loop back now and then.
      await (turn < 1000 ? undefined : macrotask());
    }
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
