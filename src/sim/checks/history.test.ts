// What clients were told, made up: the checks must take what one store could have said, and refuse the rest by name.
// Invariant: every lie in this file is found, and no truth is called one.
// Called by: the test runner. Next on the way: history.ts, reference.ts.

import { doesNotThrow, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { type EventBatch, revision } from "#store/parts";
import { type Asked, History } from "./history.ts";
import { Reference, Watched } from "./reference.ts";

interface Line {
  readonly at: readonly [number, number];
  readonly asked: Asked;
  /** What was found ("done": written), and the store's revision; nothing: never answered. */
  readonly told?: readonly [string, number];
}

const write = (key: string, expect: string, value: string): Asked => ({ type: "write", key, expect, value });
const both = (expect: string, value: string): Asked => ({ type: "both", key: "/a", to: "/b", expect, value });
const read = (key: string): Asked => ({ type: "read", key });

function historyOf(lines: readonly Line[]): History {
  const history = new History();
  for (const { at, asked, told } of lines) {
    const [done, found] = told?.[0].startsWith("done") ? [true, told[0].slice(5)] : [false, told?.[0] ?? ""];
    const output = told && { done, found, revision: told[1] };
    history.record({ client: "x", input: asked, output, startMs: at[0], endMs: told ? at[1] : Number.POSITIVE_INFINITY });
  }
  return history;
}

const first: Line = { at: [0, 1], asked: write("/a", "", "one"), told: ["done", 2] };

const truths: readonly (readonly [string, readonly Line[]])[] = [
  ["written and read", [first, { at: [2, 3], asked: read("/a"), told: ["one", 2] }]],
  ["refused, with what is there", [first, { at: [2, 3], asked: write("/a", "", "two"), told: ["one", 2] }]],
  [
    "an unanswered write seen later",
    [
      first,
      { at: [2, 3], asked: write("/a", "one", "two") },
      { at: [4, 5], asked: read("/a"), told: ["one", 2] },
      { at: [6, 7], asked: read("/a"), told: ["two", 3] },
    ],
  ],
  [
    "two keys in one, the other of which was not there",
    [
      first,
      { at: [2, 3], asked: both("one", "two"), told: ["done", 3] },
      { at: [4, 5], asked: read("/b"), told: ["two+", 3] },
      { at: [6, 7], asked: both("two", "three"), told: ["done two+", 4] },
      { at: [8, 9], asked: read("/b"), told: ["three*", 4] },
      { at: [8, 9], asked: both("one", "four"), told: ["three three*", 4] },
    ],
  ],
  ["two keys", [first, { at: [2, 3], asked: write("/b", "", "two"), told: ["done", 3] }]],
];

const lies: readonly (readonly [string, string, readonly Line[]])[] = [
  ["an acknowledged write is gone", "Linearizability", [first, { at: [2, 3], asked: read("/a"), told: ["", 2] }]],
  ["two writers both found the key free", "Linearizability", [first, { at: [2, 3], asked: write("/a", "", "two"), told: ["done", 3] }]],
  [
    "half of two keys in one",
    "Linearizability",
    [first, { at: [2, 3], asked: both("one", "two"), told: ["done", 3] }, { at: [4, 5], asked: read("/b"), told: ["", 3] }],
  ],
  [
    "the wrong branch of what is nested",
    "Linearizability",
    [first, { at: [2, 3], asked: both("one", "two"), told: ["done", 3] }, { at: [4, 5], asked: read("/b"), told: ["two*", 3] }],
  ],
  ["refused although it fitted", "Linearizability", [first, { at: [2, 3], asked: write("/a", "one", "two"), told: ["one", 2] }]],
  [
    "a read of another key at an older revision",
    "Real Time",
    [first, { at: [2, 3], asked: write("/b", "", "two"), told: ["done", 3] }, { at: [4, 5], asked: read("/a"), told: ["one", 2] }],
  ],
  ["a new write without a new revision", "Real Time", [first, { at: [2, 3], asked: write("/b", "", "two"), told: ["done", 2] }]],
];

describe("histories", () => {
  for (const [name, lines] of truths) test(`true: ${name}`, () => doesNotThrow(() => historyOf(lines).check()));
  for (const [name, promise, lines] of lies) {
    test(`a lie: ${name}`, () => throws(() => historyOf(lines).check(), { name: "Violation", promise }));
  }
});

describe("watches", () => {
  const reference = new Reference();
  for (const [at, value] of ["one", "two", "three"].entries()) {
    reference.state.apply({ type: "put", key: "/a", expect: revision(at === 0 ? 0 : at + 1), value: Buffer.from(value) });
  }
  const batch = (at: number): EventBatch => reference.state.history.at(at)!;
  const other: EventBatch = { ...batch(3), events: batch(2).events };
  const watched = (from: number): Watched => new Watched(reference, "v", from);

  test("every revision, once and in order", () => {
    const watch = watched(2);
    for (const at of [2, 3, 4]) watch.batch(batch(at));
  });
  for (const [name, revisions] of [
    ["one is left out", [batch(2), batch(4)]],
    ["one comes twice", [batch(2), batch(2)]],
    ["one comes back", [batch(2), batch(3), batch(2)]],
    ["one says something else", [batch(2), other]],
  ] as const) {
    test(`refused: ${name}`, () => {
      const watch = watched(2);
      throws(() => revisions.map((one) => watch.batch(one)), { name: "Violation", promise: "Watch" });
    });
  }
  test("refused: compacted, though what it wants is still there", () => {
    throws(() => watched(3).compacted(3), { promise: "Watch" });
    doesNotThrow(() => watched(2).compacted(3));
  });
});
