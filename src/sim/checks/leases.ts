// Leases: none ends before its time, counted from the last answer that promised it; and in the end each one ends.
// Invariant: forgives what clocks may do (`fastest`), and nothing else.
// Called by: sim/store/lessee.ts tells of promises, reference.ts of ends. Next on the way: reference.ts.

import { Violation } from "./violation.ts";

export class LeasePromises {
  readonly #fastest: number;
  readonly #untilMs = new Map<bigint, number>();

  /** `fastest`: how much faster than it should a clock may run. */
  constructor(fastest: number) {
    this.#fastest = fastest;
  }

  /** Granted or renewed, and answered; its time began after it was asked. */
  promised(id: bigint, ttlSeconds: number, askedMs: number): void {
    const untilMs = askedMs + (ttlSeconds * 1000) / this.#fastest;
    this.#untilMs.set(id, Math.max(untilMs, this.#untilMs.get(id) ?? 0));
  }

  ended(id: bigint, nowMs: number): void {
    const untilMs = this.#untilMs.get(id) ?? 0;
    this.#untilMs.delete(id);
    if (nowMs < untilMs)
      throw new Violation("Lease", `lease ${id} ended at ${nowMs.toFixed(1)}, and was promised until ${untilMs.toFixed(1)} at least`);
  }
}
