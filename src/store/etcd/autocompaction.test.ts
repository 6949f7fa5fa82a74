// Automatic compaction in manual time: when it comes, and up to where.
// Invariant: a period's history is always kept, whole; so is the number of revisions that was asked for.
// Called by: the test runner. Next on the way: autocompaction.ts.

import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, silentLog } from "#lib";
import { storeError } from "../errors.ts";
import { revision } from "../revision.ts";
import { type AutoCompaction, compactAutomatically } from "./autocompaction.ts";

const minuteMs = 60_000;

interface Case {
  readonly name: string;
  readonly compaction: AutoCompaction;
  readonly minutes: number;
  readonly leads?: boolean;
  readonly fails?: boolean;
  /** One revision a minute, the first at minute 0. */
  readonly want: readonly (readonly [minute: number, revision: number])[];
}

const cases: readonly Case[] = [
  {
    name: "ten minutes: for the first time after ten, then every ten, up to ten minutes before the last look",
    compaction: { mode: "periodic", periodMs: 10 * minuteMs },
    minutes: 35,
    want: [
      [10, 1],
      [20, 10],
      [30, 20],
    ],
  },
  {
    name: "three hours: for the first time after three, then every hour",
    compaction: { mode: "periodic", periodMs: 180 * minuteMs },
    minutes: 305,
    want: [
      [180, 1],
      [240, 55],
      [300, 115],
    ],
  },
  {
    name: "a hundred revisions: every five minutes, once there are more",
    compaction: { mode: "revision", revisions: 100 },
    minutes: 112,
    want: [
      [100, 1],
      [105, 6],
      [110, 11],
    ],
  },
  { name: "who does not lead does not compact", compaction: { mode: "revision", revisions: 1 }, minutes: 30, leads: false, want: [] },
  {
    name: "what failed is tried again at the next look",
    compaction: { mode: "periodic", periodMs: 10 * minuteMs },
    minutes: 12,
    fails: true,
    want: [
      [10, 1],
      [11, 1],
      [12, 2],
    ],
  },
];

for (const { name, compaction, minutes, leads = true, fails = false, want } of cases)
  test(name, async () => {
    const clock = new ManualClock();
    const calls: (readonly [number, number])[] = [];
    let minute = 0;
    const running = compactAutomatically({
      compaction,
      clock,
      log: silentLog(),
      revision: () => revision(minute + 1),
      compact: (at) => {
        calls.push([minute, at]);
        return fails ? Promise.reject(storeError.stopped()) : Promise.resolve();
      },
      leads: () => leads,
    });
    for (minute = 1; minute <= minutes; minute++) {
      clock.advance(minuteMs);
      await Promise.resolve();
    }
    running.close();
    deepStrictEqual(calls, want);
  });
