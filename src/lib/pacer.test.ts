// Tests of the pacer: order, and when the event loop gets its turn.
// Invariant: the clock is moved by the work itself, so that the outcome does not depend on the machine.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "./clock.ts";
import { Pacer } from "./slice.ts";

test("work starts in order, and what its promises do counts for the slice", async () => {
  const clock = new ManualClock();
  const pacer = new Pacer(clock, 5);
  const seen: string[] = [];
  const work = async (name: string): Promise<void> => {
    await pacer.turn();
    seen.push(`${name} begins`);
    await Promise.resolve();
    clock.advance(3);
    seen.push(`${name} ends`);
  };
  const all = Promise.all(["a", "b", "c"].map(work));
  setImmediate(() => seen.push("the loop turns"));
  assert.deepEqual(seen, []);
  await all;
  assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends", "the loop turns", "c begins", "c ends"]);
});
