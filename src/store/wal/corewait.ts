// How long the thread that asks has waited for a core so far, as Linux counts it.
// Invariant: it never goes back; 0 for ever where the machine does not tell.
// Called by: inplace.ts, by way of members/open.ts. Next on the way: inplace.ts.

import { readFileSync } from "node:fs";

/** Nanoseconds on a core, nanoseconds of waiting for one, turns. */
export const coreWaitOf = (schedstat: string): number => Number(/^\d+ (\d+) \d+\s*$/.exec(schedstat)?.[1] ?? 0) / 1e6;

export function coreWaitMs(): number {
  try {
    return coreWaitOf(readFileSync("/proc/thread-self/schedstat", "latin1"));
  } catch {
    return 0;
  }
}
