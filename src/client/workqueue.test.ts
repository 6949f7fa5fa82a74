// The work queue's promises, one story each.
// Invariant: no test waits for real time: the clock is moved by hand.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#lib";
import { WorkQueue } from "./workqueue.ts";

test("a key added twice is taken once", async () => {
  const queue = new WorkQueue(new ManualClock());
  queue.add("a");
  queue.add("b");
  queue.add("a");
  assert.equal(await queue.get(), "a");
  assert.equal(await queue.get(), "b");
  assert.equal(queue.length, 0);
});

test("a key added while it is worked on comes again after done, and not before", async () => {
  const queue = new WorkQueue(new ManualClock());
  queue.add("a");
  await queue.get();
  queue.add("a");
  assert.equal(queue.length, 0);
  queue.done("a");
  assert.equal(await queue.get(), "a");
  queue.done("a");
  assert.ok(queue.idle);
});

test("a failing key waits twice as long each time, and forget starts again", () => {
  const queue = new WorkQueue(new ManualClock());
  const delaysMs = [1, 2, 3, 4].map(() => queue.addRateLimited("a"));
  assert.deepEqual(delaysMs, [5, 10, 20, 40]);
  assert.equal(queue.failures("a"), 4);
  for (let round = 0; round < 40; round++) queue.addRateLimited("b");
  assert.equal(queue.addRateLimited("b"), 1_000_000);
  queue.forget("a");
  assert.equal(queue.addRateLimited("a"), 5);
});

test("of two delays of one key the earlier one holds", () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  queue.addAfter("a", 1000);
  queue.addAfter("a", 100);
  queue.addAfter("a", 5000);
  clock.advance(99);
  assert.equal(queue.length, 0);
  clock.advance(1);
  assert.equal(queue.length, 1);
  clock.advance(10_000);
  assert.equal(queue.length, 1);
});

test("closing wakes every waiting worker with undefined and takes nothing more", async () => {
  const queue = new WorkQueue(new ManualClock());
  const waiting = queue.get();
  queue.close();
  assert.equal(await waiting, undefined);
  queue.add("a");
  assert.equal(await queue.get(), undefined);
});
