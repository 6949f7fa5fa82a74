// The virtual clock: order, moments, cancelling.
// Invariant: nothing here depends on the machine's time.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "./clock.ts";

const drain = (clock: VirtualClock): void => {
  while (clock.nextMs !== undefined) clock.fireNext();
};

test("timers fire in the order of their times, those of one moment in the order they were set", () => {
  const clock = new VirtualClock(1000);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.nowMs()}`);
  clock.after(20, note("late"));
  clock.after(10, note("first"));
  clock.after(10, () => {
    note("second")();
    clock.after(0, note("nested, now"));
    clock.after(5, note("nested, soon"));
  });
  clock.after(10, note("third"));
  clock.after(-7, note("overdue"));
  drain(clock);
  assert.deepEqual(ran, ["overdue@1000", "first@1010", "second@1010", "third@1010", "nested, now@1010", "nested, soon@1015", "late@1020"]);
  assert.equal(clock.monotonicMs(), 20);
  assert.deepEqual([clock.fired, clock.waiting], [7, 0]);
});

test("a cancelled timer does not fire, also when another one of its moment cancels it", () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  clock.after(5, () => ran.push("cancelled before")).cancel();
  clock.after(10, () => second.cancel());
  const second = clock.after(10, () => ran.push("cancelled by its neighbour"));
  const kept = clock.after(10, () => ran.push("kept"));
  drain(clock);
  kept.cancel();
  assert.deepEqual(ran, ["kept"]);
});

test("moments are whole milliseconds, and never is never", () => {
  const clock = new VirtualClock(0);
  clock.after(0.2, () => undefined);
  assert.equal(clock.nextMs, 1);
  clock.fireNext();
  clock.after(Number.POSITIVE_INFINITY, () => assert.fail("fired"));
  clock.after(Number.NaN, () => undefined);
  drain(clock);
  assert.equal(clock.nowMs(), 1);
});

test("time is not moved back, nor past a timer that waits", () => {
  const clock = new VirtualClock(0);
  clock.moveTo(50);
  assert.throws(() => clock.moveTo(49), /does not go back/);
  clock.after(10, () => undefined);
  assert.throws(() => clock.moveTo(61), /passed over/);
  clock.moveTo(60);
  assert.equal(clock.nowMs(), 60);
});
