// The three rooms of the scheduling queue, as small stories.
// Invariant: time is a ManualClock; a pod is never in two rooms.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#lib";
import type { ClusterChange } from "./framework.ts";
import { backoffMs, SchedulingQueue } from "./queue.ts";
import { podOf } from "./testing.ts";
import { viewPod } from "./views.ts";

const added = { reason: "pod added" };
const view = (name: string, priority = 0) => viewPod(podOf({ name, spec: { priority } }));
const waitingFor = (...changes: ClusterChange[]): Set<ClusterChange> => new Set(changes);

test("higher priority first, then first come", () => {
  const queue = new SchedulingQueue(new ManualClock(), () => undefined);
  queue.put(view("a"), added);
  queue.put(view("b"), added);
  queue.put(view("urgent", 100), added);
  assert.deepEqual(
    [queue.take(), queue.take(), queue.take(), queue.take()].map((pod) => pod?.view.pod.metadata?.name),
    ["urgent", "a", "b", undefined],
  );
});

test("a parked pod wakes for the change it waits for, after its back-off", () => {
  const clock = new ManualClock();
  let wakes = 0;
  const queue = new SchedulingQueue(clock, () => (wakes += 1));
  queue.put(view("a"), added);
  queue.park(queue.take()!, waitingFor("pod removed"));
  queue.changed("node added");
  clock.advance(2000);
  assert.equal(queue.take(), undefined, "a new node is not what it waits for");
  queue.changed("pod removed", "42");
  const again = queue.take();
  assert.deepEqual([again?.attempts, again?.wake.reason, again?.wake.revision, wakes], [2, "pod removed", "42", 2]);
});

test("back-off doubles from one second to ten", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 9].map(backoffMs), [1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("a change within the back-off is not lost, only late", () => {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock, () => undefined);
  queue.put(view("a"), added);
  queue.park(queue.take()!, waitingFor("node added"));
  queue.changed("node added");
  assert.equal(queue.take(), undefined);
  clock.advance(1000);
  assert.equal(queue.take()?.attempts, 2);
});

test("a change while the decision is under way counts", () => {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock, () => undefined);
  queue.put(view("a"), added);
  const taken = queue.take()!;
  queue.changed("node added");
  queue.park(taken, waitingFor("node added"));
  clock.advance(1000);
  assert.equal(queue.take()?.wake.reason, "cluster changed while deciding");
});

test("a pod that changed while it was in flight is tried in its new form only", () => {
  const queue = new SchedulingQueue(new ManualClock(), () => undefined);
  queue.put(view("a"), added);
  const taken = queue.take()!;
  queue.put(view("a"), { reason: "pod changed" });
  queue.park(taken, waitingFor("node added"));
  assert.deepEqual(queue.sizes, { active: 1, parked: 0 });
});

test("a failed binding is retried after its back-off without any change", () => {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock, () => undefined);
  queue.put(view("a"), added);
  queue.retry(queue.take()!, "binding failed");
  clock.advance(999);
  assert.equal(queue.take(), undefined);
  clock.advance(1);
  assert.equal(queue.take()?.wake.reason, "binding failed");
});

test("what nothing wakes is tried after five minutes; what was removed never", () => {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock, () => undefined);
  queue.put(view("a"), added);
  queue.put(view("b"), added);
  queue.park(queue.take()!, waitingFor());
  queue.park(queue.take()!, waitingFor());
  queue.remove("uid-b");
  clock.advance(5 * 60_000);
  assert.equal(queue.take()?.view.pod.metadata?.name, "a");
  assert.equal(queue.take(), undefined);
});
