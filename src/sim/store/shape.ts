// What a seed's group is like: how many, how bounded, how busy. Narrow bounds make rare ways frequent, so each seed has its own.
// Invariant: follows from the seed alone.
// Called by: run.ts. Next on the way: group.ts.

import type { Prng } from "#lib";
import type { RaftLimits } from "#raft";

export interface Shape {
  readonly voters: number;
  readonly raftLimits: Partial<Omit<RaftLimits, "electionTicks">>;
  readonly keepEntries: number;
  readonly segmentBytes: number;
  readonly snapshotAfterEntries: number;
  /** Clients with a lease. */
  readonly lessees: number;
  /** Between a client's calls. */
  readonly thinkMs: number;
  /** How many of the writes that are alone are made in place (store/wal/inplace.ts). */
  readonly inPlace: number;
}

/** `ofDisks` has a chance of its own, so that seeds that once found something live as they did. */
export function shapeOf(prng: Prng, ofDisks: Prng): Shape {
  const oneOf = <Item>(items: readonly Item[]): Item => items[prng.between(0, items.length - 1)]!;
  return {
    voters: oneOf([3, 3, 3, 5, 5, 1, 2]),
    raftLimits: {
      heartbeatTicks: oneOf([1, 2, 3]),
      maxAppendBytes: oneOf([0, 60, 200, 10_000]),
      maxInflight: oneOf([1, 4, 50]),
    },
    keepEntries: oneOf([0, 2, 8, 50]),
    segmentBytes: oneOf([500, 4000]),
    snapshotAfterEntries: oneOf([8, 20, 60]),
    lessees: oneOf([0, 0, 2]),
    thinkMs: oneOf([6, 20, 40]),
    inPlace: [0, 0, 0.5, 1, 1][ofDisks.between(0, 4)]!,
  };
}
