// Leases as the state knows them: an id, a time to live, the keys that hang on it. When one ends is decided outside.
// Invariant: a key hangs on at most one lease, the one of its newest version.
// Called by: state.ts. Deadlines are expiry.ts's business, one folder up. Next on the way: state.ts.

import type { LeaseId } from "../contract.ts";

export interface LeaseRecord {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  readonly keys: Set<string>;
}

export class Leases {
  readonly #byId = new Map<LeaseId, LeaseRecord>();

  get(id: LeaseId): LeaseRecord | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<LeaseRecord> {
    return this.#byId.values();
  }

  /** False if there is one of that id. */
  grant(id: LeaseId, ttlSeconds: number): boolean {
    if (this.#byId.has(id)) return false;
    this.#byId.set(id, { id, ttlSeconds, keys: new Set() });
    return true;
  }

  remove(id: LeaseId): void {
    this.#byId.delete(id);
  }

  move(key: string, from: LeaseId | undefined, to: LeaseId | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#byId.get(from)?.keys.delete(key);
    if (to !== undefined) this.#byId.get(to)?.keys.add(key);
  }
}
