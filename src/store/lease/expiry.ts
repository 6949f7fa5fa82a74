// When leases end: the clock's side of leases, which proposes what the state then applies.
// Invariant: expiry is an entry in the log like any other write; a lease whose end is proposed cannot be kept alive any more.
// Called by: store.ts. After a restart every lease has its full time again, as in etcd. Next on the way: mvcc/leases.ts.

import type { Clock, Timer } from "#lib";
import type { LeaseId } from "../contract.ts";

interface Deadline {
  readonly ttlSeconds: number;
  atMs: number;
  timer: Timer;
}

export class LeaseExpiry {
  readonly #clock: Clock;
  readonly #ended: (id: LeaseId, signal: AbortSignal) => void;
  readonly #deadlines = new Map<LeaseId, Deadline>();
  /** Only the member that leads lets leases end. */
  #begun: AbortController | undefined;

  /** `signal` is aborted when somebody else leads: there the lease may have been kept alive since. */
  constructor(clock: Clock, ended: (id: LeaseId, signal: AbortSignal) => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** From now on the time of these runs, and of all that are granted: each has its full time, for what was said to an earlier leader is not known here. */
  begin(leases: Iterable<{ readonly id: LeaseId; readonly ttlSeconds: number }>): void {
    this.#begun = new AbortController();
    for (const { id, ttlSeconds } of leases) this.granted(id, ttlSeconds);
  }

  granted(id: LeaseId, ttlSeconds: number): void {
    if (!this.#begun || this.#deadlines.has(id)) return;
    const atMs = this.#clock.monotonicMs() + ttlSeconds * 1000;
    this.#deadlines.set(id, { ttlSeconds, atMs, timer: this.#arm(id, atMs) });
  }

  /** The lease's time to live, or undefined if it has ended or is about to. */
  keepAlive(id: LeaseId): number | undefined {
    const deadline = this.#deadlines.get(id);
    if (!deadline) return undefined;
    // The timer stays: it sees the new deadline when it fires, so that renewing often costs nothing.
    deadline.atMs = this.#clock.monotonicMs() + deadline.ttlSeconds * 1000;
    return deadline.ttlSeconds;
  }

  /** How long the lease has still to live; undefined if it has ended or is about to. */
  remainingMs(id: LeaseId): number | undefined {
    const deadline = this.#deadlines.get(id);
    return deadline && Math.max(deadline.atMs - this.#clock.monotonicMs(), 0);
  }

  removed(id: LeaseId): void {
    this.#deadlines.get(id)?.timer.cancel();
    this.#deadlines.delete(id);
  }

  /** Until `begin` nothing ends any more. */
  close(): void {
    this.#begun?.abort();
    this.#begun = undefined;
    for (const { timer } of this.#deadlines.values()) timer.cancel();
    this.#deadlines.clear();
  }

  #expire(id: LeaseId): void {
    if (this.#begun) this.#ended(id, this.#begun.signal);
  }

  #arm(id: LeaseId, atMs: number): Timer {
    return this.#clock.after(atMs - this.#clock.monotonicMs(), () => {
      const deadline = this.#deadlines.get(id);
      if (!deadline) return;
      // A clock may cap long waits, and the deadline may have moved.
      if (deadline.atMs > this.#clock.monotonicMs()) {
        deadline.timer = this.#arm(id, deadline.atMs);
        return;
      }
      this.#deadlines.delete(id);
      this.#expire(id);
    });
  }
}
