// Each promise of Raft, broken by hand: the check that watches over it must say so, by its name.
// Invariant: the same story without the wrong step breaks nothing.
// Called by: the test runner. Next on the way: consensus.ts.

import { doesNotThrow, strictEqual, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import type { Configuration, Entry } from "#raft";
import { Consensus } from "./consensus.ts";

const entry = (term: number, index: number, text = "x"): Entry => ({ term, index, type: "command", data: Buffer.from(text) });
const three: Configuration = { voters: [1, 2, 3] };
const has =
  (...entries: readonly Entry[]) =>
  (index: number): number | undefined =>
    entries.find((one) => one.index === index)?.term;

interface Case {
  readonly promise: string;
  readonly right: (consensus: Consensus) => void;
  readonly wrong: (consensus: Consensus) => void;
}

const cases: readonly Case[] = [
  {
    promise: "Election Safety",
    right: (consensus) => consensus.elected(1, 2, has(), 0),
    wrong: (consensus) => consensus.elected(2, 2, has(), 0),
  },
  {
    promise: "Leader Completeness",
    right: (consensus) => {
      consensus.applied(1, entry(1, 1));
      consensus.elected(2, 2, has(entry(1, 1)), 0);
    },
    wrong: (consensus) => consensus.elected(3, 3, has(), 0),
  },
  {
    promise: "Leader Append-Only",
    right: (consensus) => consensus.appended(1, [entry(2, 4)], 1, 3),
    wrong: (consensus) => consensus.appended(1, [entry(2, 3)], 1, 3),
  },
  {
    promise: "Log Matching",
    right: (consensus) => {
      consensus.appended(1, [entry(1, 1), entry(1, 2)], 0, undefined);
      consensus.appended(2, [entry(1, 1), entry(1, 2)], 0, undefined);
    },
    wrong: (consensus) => consensus.appended(3, [entry(1, 2, "y")], 1, undefined),
  },
  {
    promise: "Log Matching",
    right: (consensus) => consensus.appended(1, [entry(2, 2)], 1, undefined),
    wrong: (consensus) => consensus.appended(2, [entry(2, 2)], 2, undefined),
  },
  {
    promise: "State Machine Safety",
    right: (consensus) => {
      strictEqual(consensus.applied(1, entry(1, 1)), true);
      strictEqual(consensus.applied(2, entry(1, 1)), false);
    },
    wrong: (consensus) => consensus.applied(3, entry(2, 1)),
  },
  {
    promise: "State Machine Safety",
    right: (consensus) => consensus.applied(1, entry(1, 1)),
    wrong: (consensus) => consensus.applied(1, entry(1, 3)),
  },
  {
    promise: "Own Term",
    right: (consensus) => {
      for (const id of [1, 2]) consensus.durable(id, [entry(2, 1)]);
      consensus.committedBy(1, 1, 2, 2, three);
    },
    wrong: (consensus) => consensus.committedBy(1, 1, 1, 2, three),
  },
  {
    promise: "Durability",
    right: (consensus) => {
      for (const id of [1, 2]) consensus.durable(id, [entry(2, 1)]);
      consensus.durable(1, [entry(2, 2)]);
      consensus.committedBy(1, 1, 2, 2, three);
    },
    wrong: (consensus) => consensus.committedBy(1, 2, 2, 2, three),
  },
  {
    // A crash took it away again.
    promise: "Durability",
    right: (consensus) => {
      for (const id of [1, 2]) consensus.durable(id, [entry(2, 1)]);
      consensus.committedBy(1, 1, 2, 2, three);
    },
    wrong: (consensus) => {
      consensus.durableIs(2, 0, []);
      consensus.committedBy(1, 1, 2, 2, three);
    },
  },
  {
    // Both majorities of a joint configuration must have it.
    promise: "Durability",
    right: (consensus) => {
      for (const id of [1, 2, 4]) consensus.durable(id, [entry(2, 1)]);
      consensus.committedBy(1, 1, 2, 2, { voters: [1, 4, 5], outgoing: [1, 2, 3] });
    },
    wrong: (consensus) => consensus.committedBy(1, 1, 2, 2, { voters: [4, 5, 6], outgoing: [1, 2, 3] }),
  },
  {
    promise: "Joint Consensus",
    right: (consensus) => consensus.configured(1, 3, 3),
    wrong: (consensus) => consensus.configured(1, 4, 3),
  },
];

describe("promises of consensus", () => {
  for (const { promise, right, wrong } of cases) {
    test(promise, () => {
      const consensus = new Consensus();
      doesNotThrow(() => right(consensus));
      throws(() => wrong(consensus), { name: "Violation", promise });
    });
  }
});
