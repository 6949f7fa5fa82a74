// Which branch a transaction takes, as a table: every target, every verdict, keys that are not there, ranges.
// Invariant shown: one comparison that does not hold takes the whole transaction to the other branch, before anything is written.
// Called by: npm test; catches the mutant of lab 16.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Compare, RequestOp } from "./etcd/messages.gen.ts";
import { MvccState } from "./mvcc/state.ts";
import { choosePath } from "./mvcc/transaction.ts";

const [equal, greater, less, notEqual] = [0, 1, 2, 3] as const;
const [version, create, mod, value, lease] = [0, 1, 2, 3, 4] as const;
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** Revision 2: a=1 and b=5; revision 3: a=2. */
function fruit(): MvccState {
  const state = new MvccState();
  state.change((change) => [change.put("a", bytes("1"), undefined), change.put("b", bytes("5"), undefined)]);
  state.change((change) => change.put("a", bytes("2"), undefined));
  return state;
}

const one = (result: number, target: number, key: string, more: Partial<Compare> = {}): Compare => ({
  result,
  target,
  key,
  range_end: "",
  ...more,
});

const cases: { name: string; compare: Compare[]; holds: boolean }[] = [
  { name: "no comparison", compare: [], holds: true },
  { name: "the revision that was read", compare: [one(equal, mod, "a", { mod_revision: 3 })], holds: true },
  { name: "an older one", compare: [one(equal, mod, "a", { mod_revision: 2 })], holds: false },
  { name: "not that one", compare: [one(notEqual, mod, "a", { mod_revision: 2 })], holds: true },
  { name: "made at", compare: [one(equal, create, "a", { create_revision: 2 })], holds: true },
  { name: "made later than", compare: [one(greater, create, "a", { create_revision: 2 })], holds: false },
  { name: "twice written", compare: [one(equal, version, "a", { version: 2 })], holds: true },
  { name: "fewer than twice", compare: [one(less, version, "a", { version: 2 })], holds: false },
  { name: "the value", compare: [one(equal, value, "a", { value: bytes("2") })], holds: true },
  { name: "a smaller value", compare: [one(less, value, "a", { value: bytes("2") })], holds: false },
  { name: "no lease", compare: [one(equal, lease, "a", { lease: 0n })], holds: true },
  { name: "a key that is not there was never made", compare: [one(equal, create, "c", { create_revision: 0 })], holds: true },
  { name: "a key that is there was", compare: [one(equal, create, "a", { create_revision: 0 })], holds: false },
  { name: "what is not there has no value, not even an empty one", compare: [one(equal, value, "c", { value: bytes("") })], holds: false },
  { name: "every key of a range", compare: [one(greater, mod, "a", { range_end: "z", mod_revision: 1 })], holds: true },
  { name: "one of a range is older", compare: [one(greater, mod, "a", { range_end: "z", mod_revision: 2 })], holds: false },
  {
    name: "one of two does not hold",
    compare: [one(equal, version, "a", { version: 2 }), one(equal, version, "b", { version: 2 })],
    holds: false,
  },
];

for (const { name, compare, holds } of cases)
  test(`compare: ${name}`, () => deepStrictEqual(choosePath(fruit(), { compare, success: [], failure: [] }), [holds]));

test("a nested transaction is decided with its parent, on the branch that is taken", () => {
  const nested = (holds: boolean): RequestOp => ({
    request_txn: { compare: [one(equal, version, "a", { version: holds ? 2 : 7 })], success: [], failure: [] },
  });
  const state = fruit();
  const txn = { compare: [one(equal, version, "b", { version: 9 })], success: [nested(true)], failure: [nested(false), nested(true)] };
  deepStrictEqual(choosePath(state, txn), [false, false, true]);
  strictEqual(state.revision, 3, "deciding writes nothing");
});
