// What a store is made of: its state, its log's place, and who drives it.
// Invariant: with `drive` the store is a member of a cluster, without it is alone.
// Called by: memory.ts, open.ts, members/open.ts. Next on the way: store.ts.

import type { Clock, Log, Prng } from "#lib";
import type { RaftOptions } from "#raft";
import type { Driver, DriverParts } from "./driver.ts";
import type { StoreLimits } from "./limits.ts";
import type { MvccState } from "./mvcc/state.ts";
import type { LogStorage } from "./replica.ts";

export interface LocalStoreOptions {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly limits: StoreLimits;
  readonly state: MvccState;
  readonly storage: LogStorage;
  /** Of a store alone: what its disk remembers. */
  readonly alone?: Pick<RaftOptions, "hardState" | "snapshot" | "entries">;
  /** In place of that: the member of a cluster. */
  readonly drive?: (parts: DriverParts) => Driver;
  /** After each group of applied entries. */
  readonly applied?: () => void;
  readonly failed?: (error: Error) => void;
}
