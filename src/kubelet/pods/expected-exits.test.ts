// Ends that were told before they can be seen: how often is looked, and when no more.
// Invariant shown: a look for another reason costs no turn; neither a container that is being started nor a slow runtime makes an end forgotten.
// Called by: npm test. Next on the way: expected-exits.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#lib";
import { ExpectedExits } from "./expected-exits.ts";
import { emptyRuntimePod, type RuntimeContainer, type RuntimePod, type RuntimeSandbox } from "./runtime.ts";

const container = (id: string, state: RuntimeContainer["state"]): RuntimePod => ({
  ...emptyRuntimePod,
  containers: [{ id, state } as RuntimeContainer],
});

/** What a pod's worker does: each look tells what it found. */
function looking(find: () => RuntimePod): { clock: ManualClock; exits: ExpectedExits; looksAt: number[] } {
  const clock = new ManualClock(0);
  const looksAt: number[] = [];
  const exits: ExpectedExits = new ExpectedExits(clock, () => {
    looksAt.push(clock.nowMs());
    exits.observed(find());
  });
  return { clock, exits, looksAt };
}

test("looks come ever more seldom until the end is seen", () => {
  let seen: RuntimePod = container("a", "CONTAINER_RUNNING");
  const { clock, exits, looksAt } = looking(() => seen);
  exits.expect("a");
  exits.observed(seen);
  clock.advance(10_000);
  seen = container("a", "CONTAINER_EXITED");
  clock.advance(100_000);
  assert.deepEqual(looksAt, [20, 60, 140, 300, 620, 1260, 2540, 5100, 10_220]);
});

test("a container whose start is on its way is not forgotten; nor does a look for another reason cost a turn", () => {
  let seen: RuntimePod = container("a", "CONTAINER_CREATED");
  const { clock, exits, looksAt } = looking(() => seen);
  exits.expect("a");
  for (let other = 0; other < 100; other++) exits.observed(seen);
  seen = container("a", "CONTAINER_RUNNING");
  clock.advance(60_000);
  assert.ok(looksAt.at(-1)! > 50_000, looksAt.join(" "));
});

test("a sandbox that has ended and still seems ready; one that is gone", () => {
  let seen: RuntimePod = { ...emptyRuntimePod, sandboxes: [{ id: "s", ready: true } as RuntimeSandbox] };
  const { clock, exits, looksAt } = looking(() => seen);
  exits.expect("s");
  exits.observed(seen);
  clock.advance(30);
  seen = emptyRuntimePod;
  clock.advance(60_000);
  assert.deepEqual(looksAt, [20, 60]);
});

test("a runtime that never shows it is not asked for ever; closing asks no more", () => {
  const seen = container("a", "CONTAINER_RUNNING");
  const { clock, exits, looksAt } = looking(() => seen);
  exits.expect("a");
  exits.observed(seen);
  clock.advance(3_600_000);
  assert.equal(looksAt.length, 40);
  exits.expect("a");
  exits.observed(seen);
  exits.close();
  clock.advance(3_600_000);
  assert.equal(looksAt.length, 40);
});
