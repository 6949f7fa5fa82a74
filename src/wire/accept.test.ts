// The gate before TLS under a clock that only the test moves.
// Invariant shown: a burst passes, the rest comes at the rate, the newest beyond the queue is dropped.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#lib";
import { AcceptGate } from "./index.ts";

test("burst, rate, bound", () => {
  const clock = new ManualClock();
  const admitted: number[] = [];
  const dropped: number[] = [];
  const connection = (id: number) => ({ id, destroyed: false, destroy: () => dropped.push(id) as never });
  const gate = new AcceptGate<ReturnType<typeof connection>>(clock, { perSecond: 100, burst: 2, queueLimit: 3 }, (one) =>
    admitted.push(one.id),
  );
  for (const id of [1, 2, 3, 4, 5, 6]) gate.offer(connection(id));
  assert.deepEqual(admitted, [1, 2]);
  assert.deepEqual(dropped, [6]);
  clock.advance(10);
  assert.deepEqual(admitted, [1, 2, 3]);
  clock.advance(1000);
  assert.deepEqual(admitted, [1, 2, 3, 4, 5]);
  gate.close();
});
