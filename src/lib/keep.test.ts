// The plan of the smallest control loop, as a table; it also grades a learner's own.
// Invariant: for every desired and observed, carrying the plan out leads to exactly what was desired.
// Called by: npm test, `dhow lab --check`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "./keep.ts";

const cases: { name: string; desired: number; observed: string[]; start: number; stop: string[] }[] = [
  { name: "nothing is there: start all", desired: 3, observed: [], start: 3, stop: [] },
  { name: "some are missing: start only those", desired: 3, observed: ["a", "b"], start: 1, stop: [] },
  { name: "as wanted: do nothing", desired: 2, observed: ["a", "b"], start: 0, stop: [] },
  { name: "too many: stop the last", desired: 1, observed: ["a", "b", "c"], start: 0, stop: ["b", "c"] },
  { name: "none wanted: stop all", desired: 0, observed: ["a", "b"], start: 0, stop: ["a", "b"] },
  { name: "none wanted, none there: do nothing", desired: 0, observed: [], start: 0, stop: [] },
];

for (const { name, desired, observed, start, stop } of cases) {
  test(`plan: ${name}`, () => {
    const found = plan(desired, observed);
    assert.equal(found.start, start);
    assert.deepEqual([...found.stop], stop);
  });
}

test("plan: carried out, it leads to what was desired, and then to nothing", () => {
  for (let desired = 0; desired < 6; desired++) {
    for (let there = 0; there < 6; there++) {
      const observed = Array.from({ length: there }, (_, item) => `${item}`);
      const { start, stop } = plan(desired, observed);
      const left = observed.filter((item) => !stop.includes(item));
      const after = [...left, ...Array.from({ length: start }, (_, item) => `new ${item}`)];
      assert.equal(after.length, desired);
      assert.equal(plan(desired, after).start + plan(desired, after).stop.length, 0);
    }
  }
});
