// The manual clock: timers run in the order of their times, each at its own moment.
// Invariant: nothing runs until time is advanced.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { delay, ManualClock, rfc3339, rfc3339Micro } from "./clock.ts";

test("timers run in order of time, at their own moment", () => {
  const clock = new ManualClock(0);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`b@${clock.nowMs()}`));
  clock.after(10, () => {
    ran.push(`a@${clock.nowMs()}`);
    clock.after(5, () => ran.push(`nested@${clock.nowMs()}`));
  });
  clock.after(30, () => ran.push("too late"));
  clock.advance(25);
  assert.deepEqual(ran, ["a@10", "nested@15", "b@20"]);
  assert.equal(clock.nowMs(), 25);
});

test("a cancelled timer does not run", () => {
  const clock = new ManualClock();
  clock.after(10, () => assert.fail("ran")).cancel();
  clock.advance(100);
});

test("delay resolves in time, and rejects with the signal's reason", async () => {
  const clock = new ManualClock();
  const done = delay(clock, 1000);
  clock.advance(1000);
  await done;
  const controller = new AbortController();
  const aborted = delay(clock, 1000, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  await assert.rejects(delay(clock, 1, AbortSignal.abort(new Error("before"))), /before/);
});

test("times in the API's two forms", () => {
  const ms = Date.UTC(2026, 10, 23, 5, 44, 3, 217);
  assert.equal(rfc3339(ms), "2026-11-23T05:44:03Z");
  const special = [0, -1, Date.UTC(2000, 1, 29), Date.UTC(2100, 1, 28, 23, 59, 59), Date.UTC(9999, 11, 31, 23, 59, 59, 999)];
  const everyDay = Array.from({ length: 60_000 }, (_, day) => day * 86_400_000 + ((day * 7919) % 86_400) * 1000 + (day % 1000));
  for (const one of [...special, ...everyDay]) assert.equal(rfc3339(one), `${new Date(one).toISOString().slice(0, 19)}Z`);
  assert.equal(rfc3339Micro(ms), "2026-11-23T05:44:03.217000Z");
});
