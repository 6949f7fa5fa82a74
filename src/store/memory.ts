// A store without a disk: the same log, the same state, the same watches; it ends with its process.
// Invariant: behaves as open.ts's store in everything but lasting.
// Called by: tests and simulated clusters. Next on the way: store.ts.

import { type Clock, type Log, type Prng, silentLog } from "#lib";
import type { Store } from "./contract.ts";
import { defaultLimits, type StoreLimits } from "./limits.ts";
import { MvccState } from "./mvcc/state.ts";
import { noStorage } from "./replica.ts";
import { LocalStore } from "./store.ts";

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log?: Log;
  readonly limits?: Partial<StoreLimits>;
}

export function memoryStore(options: MemoryStoreOptions): Store {
  return new LocalStore({
    clock: options.clock,
    prng: options.prng,
    log: options.log ?? silentLog(),
    limits: { ...defaultLimits, ...options.limits },
    state: new MvccState(),
    storage: noStorage,
  });
}
