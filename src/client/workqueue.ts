// The work queue: keys that wait for a worker, each at most once, with a delay that grows while a key keeps failing.
// Invariant: one key is never in the hands of two workers; a key added while it is worked on comes again afterwards.
// Called by: every control loop, the scheduler's and the kubelet's too. Next on the way: controllers/framework.

import type { Clock, Timer } from "#lib";

export interface WorkQueueOptions {
  /** The first delay of a failing key (5 ms), doubled at each failure in a row. */
  readonly firstMs?: number;
  /** The longest delay (1,000 s). */
  readonly mostMs?: number;
}

interface Delayed {
  readonly atMs: number;
  readonly timer: Timer;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #mostMs: number;
  /** Keys to be worked on, in order of arrival. A Set keeps that order and each key once. */
  readonly #ready = new Set<string>();
  readonly #processing = new Set<string>();
  /** Added again while being processed. */
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #waiters: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(clock: Clock, options: WorkQueueOptions = {}) {
    this.#clock = clock;
    this.#firstMs = options.firstMs ?? 5;
    this.#mostMs = options.mostMs ?? 1_000_000;
  }

  /** Keys that could be taken now. */
  get length(): number {
    return this.#ready.size;
  }

  /** Nothing is ready, in work, or waiting for its time. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#processing.size === 0 && this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#processing.has(key)) {
      this.#dirty.add(key);
      return;
    }
    if (this.#ready.has(key)) return;
    const waiter = this.#waiters.shift();
    if (waiter) {
      this.#processing.add(key);
      waiter(key);
    } else this.#ready.add(key);
  }

  /** Adds the key when `delayMs` have passed; of several waits for one key the earliest holds. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const atMs = this.#clock.monotonicMs() + delayMs;
    const known = this.#delayed.get(key);
    if (known && known.atMs <= atMs) return;
    known?.timer.cancel();
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { atMs, timer });
  }

  /** Adds a key that failed, later at each failure in a row. Returns the delay. */
  addRateLimited(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const delayMs = Math.min(this.#firstMs * 2 ** Math.min(failures, 60), this.#mostMs);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The key succeeded: its next failure starts from the first delay. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, which is the caller's until `done`; undefined when the queue is closed. */
  get(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#processing.add(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.delete(key)) this.add(key);
  }

  close(): void {
    this.#closed = true;
    this.#ready.clear();
    this.#dirty.clear();
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }
}
