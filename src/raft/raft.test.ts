// The state machine by table: what each input makes it say.
// Invariant: nothing is led before the vote is on disk, nothing is committed before the entry is.
// Called by: the test runner. Next on the way: raft.ts.

// oxlint-disable no-restricted-imports -- the rule keeps I/O out of the state machine; its test needs the runner.
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "./entry.ts";
import { type Input, Raft, type Ready } from "./raft.ts";

const newRaft = (entries: readonly Entry[] = [], commit = 0): Raft =>
  new Raft({
    id: 1,
    voters: [1],
    electionTicks: 3,
    hardState: { term: entries.at(-1)?.term ?? 0, vote: 0, commit },
    snapshot: { index: 0, term: 0 },
    entries,
  });

const show = (entries: readonly Entry[]): string => entries.map(({ term, index, type }) => `${term}.${index} ${type}`).join(", ") || "-";
function brief(ready: Ready): string {
  const hard = ready.hardState ? `term ${ready.hardState.term} vote ${ready.hardState.vote} commit ${ready.hardState.commit}` : "-";
  return `${hard} | persist ${show(ready.entries)}${ready.mustSync ? " now" : ""} | apply ${show(ready.committed)}`;
}

const propose = (...texts: string[]): Input => ({ type: "propose", data: texts.map((text) => Buffer.from(text)) });
const command = (term: number, index: number): Entry => ({ term, index, type: "command", data: Buffer.from("x") });

test("one voter elects itself, appends, commits, applies", () => {
  const raft = newRaft();
  const steps: readonly (readonly [Input, string])[] = [
    [{ type: "tick" }, "- | persist - | apply -"],
    [{ type: "tick" }, "- | persist - | apply -"],
    [{ type: "tick" }, "term 1 vote 1 commit 0 | persist - now | apply -"],
    [{ type: "persisted", term: 1, index: 0 }, "- | persist 1.1 empty now | apply -"],
    [propose("a", "b"), "- | persist 1.2 command, 1.3 command now | apply -"],
    [{ type: "persisted", term: 1, index: 1 }, "term 1 vote 1 commit 1 | persist - | apply 1.1 empty"],
    [propose("c"), "- | persist 1.4 command now | apply -"],
    [{ type: "persisted", term: 1, index: 4 }, "term 1 vote 1 commit 4 | persist - | apply 1.2 command, 1.3 command, 1.4 command"],
    [{ type: "persisted", term: 1, index: 3 }, "- | persist - | apply -"],
    [{ type: "tick" }, "- | persist - | apply -"],
  ];
  for (const [input, want] of steps) strictEqual(brief(raft.step(input)), want, JSON.stringify(input));
});

test("after a restart, entries of older terms are committed by an entry of the new one", () => {
  const raft = newRaft([command(1, 1), command(1, 2)]);
  strictEqual(brief(raft.step({ type: "campaign" })), "term 2 vote 1 commit 0 | persist - now | apply -");
  strictEqual(brief(raft.step({ type: "persisted", term: 2, index: 2 })), "- | persist 2.3 empty now | apply -");
  strictEqual(brief(raft.step({ type: "persisted", term: 2, index: 2 })), "- | persist - | apply -");
  strictEqual(
    brief(raft.step({ type: "persisted", term: 2, index: 3 })),
    "term 2 vote 1 commit 3 | persist - | apply 1.1 command, 1.2 command, 2.3 empty",
  );
});

test("what the hard state says is committed is applied at once", () => {
  const raft = newRaft([command(1, 1), command(1, 2)], 1);
  strictEqual(brief(raft.step({ type: "tick" })), "- | persist - | apply 1.1 command");
});

test("an answer of an older term counts for nothing", () => {
  const raft = newRaft();
  raft.step({ type: "campaign" });
  raft.step({ type: "campaign" });
  strictEqual(raft.term, 2);
  raft.step({ type: "persisted", term: 1, index: 0 });
  strictEqual(raft.role, "candidate");
  raft.step({ type: "persisted", term: 2, index: 0 });
  strictEqual(raft.role, "leader");
});

test("our own mistakes are refused", () => {
  throws(() => newRaft().step(propose("x")), /only a leader/);
  throws(() => newRaft([command(1, 2)]), /no gaps/);
  throws(() => newRaft().step({ type: "message", message: { type: "voteReply", from: 2, term: 0, granted: true } }), /voters/);
  deepStrictEqual(newRaft().step({ type: "tick" }).messages, []);
});
