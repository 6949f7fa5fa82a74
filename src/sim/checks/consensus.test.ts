// Each promise of Raft, broken by hand: the check that watches over it must say so, by its name.
// Invariant: the same story without the wrong step breaks nothing.
// Called by: the test runner. Next on the way: consensus.ts.

import { doesNotThrow, strictEqual, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import type { Configuration, Entry } from "#raft";
import { Consensus } from "./consensus.ts";

const entry = (term: number, index: number, text = "x"): Entry => ({ term, index, type: "command", data: Buffer.from(text) });
const voted = { term: 2, vote: 1, commit: 0 };
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
      for (const id of [1, 2]) consensus.diskOf(id).wrote([entry(2, 1)], voted);
      consensus.committedBy(1, 1, 2, 2, three);
    },
    wrong: (consensus) => consensus.committedBy(1, 1, 1, 2, three),
  },
  {
    promise: "Durability",
    right: (consensus) => {
      for (const id of [1, 2]) consensus.diskOf(id).wrote([entry(2, 1)], voted);
      consensus.diskOf(1).wrote([entry(2, 2)], voted);
      consensus.committedBy(1, 1, 2, 2, three);
    },
    wrong: (consensus) => consensus.committedBy(1, 2, 2, 2, three),
  },
  {
    // A crash took it away again.
    promise: "Durability",
    right: (consensus) => {
      for (const id of [1, 2]) consensus.diskOf(id).wrote([entry(2, 1)], voted);
      consensus.committedBy(1, 1, 2, 2, three);
    },
    wrong: (consensus) => {
      consensus.diskOf(2).replacedBy({ index: 0, term: 0 });
      consensus.committedBy(1, 1, 2, 2, three);
    },
  },
  {
    // Both majorities of a joint configuration must have it.
    promise: "Durability",
    right: (consensus) => {
      for (const id of [1, 2, 4]) consensus.diskOf(id).wrote([entry(2, 1)], voted);
      consensus.committedBy(1, 1, 2, 2, { voters: [1, 4, 5], outgoing: [1, 2, 3] });
    },
    wrong: (consensus) => consensus.committedBy(1, 1, 2, 2, { voters: [4, 5, 6], outgoing: [1, 2, 3] }),
  },
  {
    promise: "Vote",
    right: (consensus) => {
      consensus.diskOf(2).wrote([], voted);
      consensus.diskOf(2).promises({ type: "voteReply", from: 2, to: 1, term: 2, pre: false, granted: true });
    },
    wrong: (consensus) => consensus.diskOf(2).promises({ type: "voteReply", from: 2, to: 3, term: 2, pre: false, granted: true }),
  },
  {
    // A newer leader's entries had begun to take their place: then they may be gone.
    promise: "Disk",
    right: (consensus) => {
      consensus.diskOf(1).wrote([entry(1, 1), entry(1, 2), entry(1, 3)], voted);
      consensus.diskOf(1).found({ mark: { index: 0, term: 0 }, entries: [entry(1, 1), entry(2, 2)], hardState: voted });
    },
    wrong: (consensus) => consensus.diskOf(1).found({ mark: { index: 0, term: 0 }, entries: [entry(1, 1)], hardState: voted }),
  },
  {
    promise: "Disk",
    right: (consensus) => {
      consensus.diskOf(1).wrote([], voted);
      consensus.diskOf(1).found({ mark: { index: 0, term: 0 }, entries: [], hardState: { term: 3, vote: 0, commit: 0 } });
    },
    wrong: (consensus) => consensus.diskOf(1).found({ mark: { index: 0, term: 0 }, entries: [], hardState: voted }),
  },
  {
    // The tail of before a snapshot was installed comes back.
    promise: "Disk",
    right: (consensus) => consensus.diskOf(1).found({ mark: { index: 4, term: 2 }, entries: [entry(2, 5)], hardState: voted }),
    wrong: (consensus) => consensus.diskOf(1).found({ mark: { index: 4, term: 2 }, entries: [entry(1, 5)], hardState: voted }),
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
