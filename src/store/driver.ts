// Who drives the state machine for a store: what store.ts asks of it, and what it is given.
// Invariant: nobody is answered before the entry is committed, durable and applied; entries are applied in order, once.
// Implemented by: replica.ts (a store alone), members/driver.ts (a member of a cluster). Called by: store.ts. Next on the way: replica.ts.

import type { Clock } from "#lib";
import type { Entry } from "#raft";
import type { Outcome } from "./mvcc/state.ts";
import type { LogStorage } from "./replica.ts";

export interface DriverParts {
  readonly clock: Clock;
  readonly storage: LogStorage;
  readonly apply: (entry: Entry) => Outcome | undefined;
  /** After each group of applied entries: time to fan out. */
  readonly applied: () => void;
  /** The storage failed: the store is at its end. */
  readonly failed: (error: Error) => void;
  /** Leases end by the clock of the member that leads. */
  readonly leads: (leads: boolean) => void;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxBatchBytes: number;
}

export interface Driver {
  readonly appliedIndex: number;
  readonly appliedTerm: number;
  readonly term: number;
  readonly lastIndex: number;
  /** Resolves when what the log held is applied; alone: when it leads as well. */
  start(): Promise<void>;
  /** With `signal` aborted before it was said to anybody, it is not said any more. */
  propose(data: Uint8Array, signal?: AbortSignal): Promise<Outcome>;
  /** Undefined: what is applied now is new enough. Else: when it is. A store alone needs none. */
  linearizable?(): Promise<void> | undefined;
  stop(): Promise<void>;
}
