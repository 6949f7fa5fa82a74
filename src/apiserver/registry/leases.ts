// Events do not last: each is written under a lease that the store lets expire, and events of about the same time share one.
// Invariant: an event lives at least its time to live, and at most one sharing interval longer.
// Called by: write.ts for resources that expire. Next on the way: the store's leases.

import type { Clock } from "#lib";
import type { LeaseId, Store } from "#store";

export const eventTtlSeconds = 3600;
const shareMs = 5 * 60_000;
const maxKeys = 1000;

export class EventLeases {
  readonly #store: Store;
  readonly #clock: Clock;
  #current: Promise<LeaseId> | undefined;
  #grantedMs = 0;
  #keys = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  next(): Promise<LeaseId> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#current === undefined || nowMs - this.#grantedMs >= shareMs || this.#keys >= maxKeys) {
      this.#grantedMs = nowMs;
      this.#keys = 0;
      this.#current = this.#store.grantLease(eventTtlSeconds + shareMs / 1000).then(({ id }) => id);
      this.#current.catch(() => {
        this.#current = undefined;
      });
    }
    this.#keys++;
    return this.#current;
  }
}
