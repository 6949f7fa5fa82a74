// Waiting longer after each failure in a row, with jitter, up to a bound.
// Invariant: a success in between starts again from the first delay.
// Called by: reflector.ts, leader.ts, the kubelet's streams. Next on the way: workqueue.ts has its own, per key.

import type { Prng } from "#lib";

export interface BackoffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly factor?: number;
  /** A share of the delay that is added by chance: 0.5 means up to half as much again. */
  readonly jitter?: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #prng: Prng;
  #failures = 0;

  constructor(prng: Prng, options: BackoffOptions) {
    this.#options = options;
    this.#prng = prng;
  }

  /** The delay before the next attempt. */
  nextMs(): number {
    const { firstMs, mostMs, factor = 2, jitter = 0.5 } = this.#options;
    const delayMs = Math.min(firstMs * factor ** this.#failures, mostMs);
    if (delayMs < mostMs) this.#failures++;
    return delayMs * (1 + this.#prng.next() * jitter);
  }

  reset(): void {
    this.#failures = 0;
  }
}
