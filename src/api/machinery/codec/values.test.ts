// Times as upstream writes them back, whatever zone and fraction they came in.
// Invariant: the quick way and the long one give the same; dates that not every month has go the long way.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalMicroTime, canonicalTime } from "./values.ts";

const rows: readonly (readonly [given: string, want: string | RegExp])[] = [
  ["2026-11-23T10:00:00.123456Z", "2026-11-23T10:00:00.123456Z"],
  ["2026-11-30T10:00:00.123456Z", "2026-11-30T10:00:00.123456Z"],
  ["2026-11-23T10:00:00.123456+01:00", "2026-11-23T09:00:00.123456Z"],
  ["2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"],
  ["2026-02-29T23:59:59.999999Z", /day out of range/],
  ["2026-13-01T00:00:00.000000Z", /month out of range/],
  ["2026-01-01T24:00:00.000000Z", /hour out of range/],
  ["2026-01-01T00:00:00.000Z", /cannot parse ".000Z" as ".000000"/],
  ["2026-01-01T00:00:00Z", /cannot parse "Z" as ".000000"/],
];

for (const [given, want] of rows) {
  test(`a time with six decimals: ${given}`, () => {
    if (want instanceof RegExp) assert.throws(() => canonicalMicroTime(given), want);
    else assert.equal(canonicalMicroTime(given), want);
  });
}

test("a time of whole seconds loses its fraction and its zone", () => {
  assert.equal(canonicalTime("2026-11-23T10:00:00Z"), "2026-11-23T10:00:00Z");
  assert.equal(canonicalTime("2026-11-23T10:00:00.9-01:30"), "2026-11-23T11:30:00Z");
});
