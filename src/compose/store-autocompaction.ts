// etcd's two flags of automatic compaction, as one thing: what is kept, by time or by number.
// Invariant: a number without a unit is hours, or revisions, by the mode; 0 is never; what is neither is refused by the flag's name.
// Called by: store-component.ts. Next on the way: store/etcd/autocompaction.ts.

import { FlagError } from "#config";
import type { AutoCompaction } from "#store";

const hourMs = 3_600_000;
const unitsMs: Readonly<Record<string, number>> = { h: hourMs, m: 60_000, s: 1000, ms: 1 };

/** Go's durations, `1h30m`. */
function durationMs(text: string): number | undefined {
  if (!/^([\d.]+(h|ms|m|s))+$/.test(text)) return undefined;
  return Array.from(text.matchAll(/([\d.]+)(h|ms|m|s)/g), ([, count, unit]) => Number(count) * unitsMs[unit!]!).reduce((a, b) => a + b, 0);
}

export function autoCompactionOf(mode: string, retention: string): AutoCompaction | undefined {
  if (mode !== "periodic" && mode !== "revision") throw new FlagError(`unknown auto-compaction-mode ${JSON.stringify(mode)}`);
  const number = /^\d+$/.test(retention) ? Number(retention) : undefined;
  if (mode === "revision") {
    if (number === undefined) throw new FlagError(`--auto-compaction-retention: ${JSON.stringify(retention)} is no number of revisions`);
    return number === 0 ? undefined : { mode, revisions: number };
  }
  const periodMs = number === undefined ? durationMs(retention) : number * hourMs;
  if (periodMs === undefined || Number.isNaN(periodMs))
    throw new FlagError(`--auto-compaction-retention: ${JSON.stringify(retention)} is neither hours nor a time like 30m`);
  return periodMs === 0 ? undefined : { mode, periodMs };
}
