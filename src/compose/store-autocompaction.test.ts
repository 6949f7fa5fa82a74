// The flags of automatic compaction: what they mean, and what is refused.
// Invariant: as etcd reads them.
// Called by: the test runner. Next on the way: store-autocompaction.ts.

import { deepStrictEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { FlagError } from "#config";
import { autoCompactionOf } from "./store-autocompaction.ts";

const cases: readonly (readonly [mode: string, retention: string, want: object | undefined])[] = [
  ["periodic", "0", undefined],
  ["periodic", "2", { mode: "periodic", periodMs: 7_200_000 }],
  ["periodic", "5m", { mode: "periodic", periodMs: 300_000 }],
  ["periodic", "1h30m", { mode: "periodic", periodMs: 5_400_000 }],
  ["periodic", "0s", undefined],
  ["revision", "1000", { mode: "revision", revisions: 1000 }],
  ["revision", "0", undefined],
];

for (const [mode, retention, want] of cases)
  test(`${mode} ${retention}`, () => {
    deepStrictEqual(autoCompactionOf(mode, retention), want);
  });

for (const [mode, retention] of [
  ["hourly", "1"],
  ["periodic", "soon"],
  ["periodic", "1.2.3h"],
  ["revision", "5m"],
] as const)
  test(`${mode} ${retention} is refused`, () => {
    throws(() => autoCompactionOf(mode, retention), FlagError);
  });
