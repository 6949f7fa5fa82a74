// Quantities: what comes back for what was written, and that arithmetic is exact.
// Invariant: every row was read off a reference server (a Pod's or quota's amounts after a dry run).

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Quantity } from "./quantity.ts";

const rows: readonly [string, string][] = [
  ["0", "0"],
  ["0.5", "500m"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["1.500", "1.500"],
  ["1.5", "1500m"],
  ["1024Ki", "1Mi"],
  ["1025Ki", "1025Ki"],
  ["1.5Gi", "1536Mi"],
  ["1e3", "1e3"],
  ["12e6", "12e6"],
  ["1000000", "1M"],
  ["128974848", "128974848"],
  ["0.1n", "1n"],
  ["-1.5", "-1500m"],
  ["0.5Ki", "512"],
  ["100000000k", "100G"],
  ["1E", "1E"],
  ["00.5", "500m"],
];

test("the printed form is upstream's", () => {
  assert.deepEqual(
    rows.map(([written]) => [written, Quantity.parse(written).toString()]),
    rows,
  );
});

test("nonsense is refused in upstream's words", () => {
  assert.throws(() => Quantity.parse("abc"), /quantities must match the regular expression/);
  assert.throws(() => Quantity.parse("1ki"), /unable to parse quantity's suffix/);
  assert.throws(() => Quantity.parse(""), /quantities must match/);
});

test("printing and reading again keeps the value; addition is exact", () => {
  const part = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom("", "m", "k", "Mi", "Gi", "e3", "u"));
  fc.assert(
    fc.property(part, part, ([a, s], [b, t]) => {
      const [x, y] = [Quantity.parse(`${a}${s}`), Quantity.parse(`${b}${t}`)];
      assert.equal(Quantity.parse(x.toString()).cmp(x), 0);
      assert.equal(x.add(y).sub(y).cmp(x), 0);
      assert.equal(Quantity.parse(x.add(y).toString()).cmp(y.add(x)), 0);
    }),
  );
});
