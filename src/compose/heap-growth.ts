// A control plane that turns out to have a lot to keep: from then on V8 waits for its heap to grow in proportion.
// Invariant: nothing changes for a cluster that stays small; what is set is set once, and only on the V8 it was measured on.
// Called by: control-plane.ts. Next on the way: heap.ts, for those clusters that are known to be large from the start.

import { constants, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { growthFlags } from "./heap.ts";

/** So much of the store outside the heap, and V8 looks through everything for every further 64 MB. */
const outsideBytes = 32 * 1024 * 1024;

export interface HeapGrowth {
  close(): void;
}

export function followHeapGrowth(outside = (): number => process.memoryUsage().external, set = setFlagsFromString): HeapGrowth {
  const observer = new PerformanceObserver((list) => {
    const major = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (!major || outside() < outsideBytes) return;
    observer.disconnect();
    for (const flag of growthFlags()) set(flag);
  });
  observer.observe({ entryTypes: ["gc"] });
  return { close: () => observer.disconnect() };
}

/** The types know nothing of what a collection's entry tells. */
function kindOf(entry: object): unknown {
  const { detail } = entry as { detail?: { kind?: unknown } };
  return detail?.kind;
}
