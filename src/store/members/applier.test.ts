// Work that comes at the very moment in which the applier ends is applied, too; an entry that cannot be applied is the end.
// Invariant: whatever the microtask in which work is pushed, it is applied.
// Called by: the test runner. Next on the way: applier.ts.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { macrotask, ManualClock } from "#lib";
import type { Entry } from "#raft";
import { Applier } from "./applier.ts";

const entry = (index: number): Entry => ({ index, term: 1, type: "empty", data: Buffer.alloc(0) });

function applier(apply: (entry: Entry) => undefined): { applier: Applier; failures: string[] } {
  const failures: string[] = [];
  const options = {
    clock: new ManualClock(),
    apply,
    outcome: () => undefined,
    applied: () => undefined,
    snapshot: () => undefined,
    idle: () => undefined,
    failed: (error: Error) => void failures.push(error.message),
  };
  return { applier: new Applier(options, { index: 0, term: 0 }), failures };
}

for (let microtasks = 0; microtasks < 12; microtasks++)
  test(`work that comes ${microtasks} microtasks after other work is applied`, async () => {
    const seen: number[] = [];
    const { applier: one } = applier(({ index }) => void seen.push(index));
    one.push([entry(1)], []);
    for (let count = 0; count < microtasks; count++) await Promise.resolve();
    one.push([entry(2)], []);
    await macrotask();
    deepStrictEqual(seen, [1, 2]);
    strictEqual(one.idle, true);
  });

test("an entry that cannot be applied ends it, and nobody waits for ever", async () => {
  const { applier: one, failures } = applier(() => {
    throw new Error("broken");
  });
  one.push([entry(1)], []);
  await one.settled();
  deepStrictEqual(failures, ["broken"]);
});
