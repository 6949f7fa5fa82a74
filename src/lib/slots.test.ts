// Slots: how many run at once, in which order the others follow, and what a failure leaves behind.
// Invariant: no clock is read and nothing waits for real.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { slots } from "./slots.ts";

test("two of five run at once, the others follow in order, also after a failure", async () => {
  const take = slots(2);
  const begun: number[] = [];
  const work = [0, 1, 2, 3, 4].map(() => Promise.withResolvers<number>());
  const results = work.map((one, index) =>
    take(() => {
      begun.push(index);
      return one.promise;
    }),
  );
  const outcomes = Promise.allSettled(results);
  assert.deepEqual(begun, [0, 1]);
  work[1]!.reject(new Error("no"));
  await assert.rejects(results[1]!, /no/);
  assert.deepEqual(begun, [0, 1, 2]);
  for (const [index, one] of work.entries()) one.resolve(index);
  assert.deepEqual(
    (await outcomes).map((one) => (one.status === "fulfilled" ? one.value : "failed")),
    [0, "failed", 2, 3, 4],
  );
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  assert.equal(await take(() => Promise.resolve("free again")), "free again");
});
