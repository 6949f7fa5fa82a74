// One member alone, by table: what each input makes it say.
// Invariant: nothing is led before the vote is on disk, nothing is committed before the entry is.
// Called by: the test runner. Several members: story.test.ts. Next on the way: raft.ts.

// oxlint-disable no-restricted-imports -- the rule keeps I/O out of the state machine; its test needs the runner.
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Input, RaftOptions, Ready } from "./contract.ts";
import type { Entry } from "./entry.ts";
import { Raft } from "./raft.ts";

const newRaft = (entries: readonly Entry[] = [], commit = 0, limits: RaftOptions["limits"] = {}): Raft =>
  new Raft({
    id: 1,
    voters: [1],
    electionTicks: 3,
    hardState: { term: entries.at(-1)?.term ?? 0, vote: 0, commit },
    snapshot: { index: 0, term: 0 },
    entries,
    limits,
  });

const show = (entries: readonly Entry[]): string => entries.map(({ term, index, type }) => `${term}.${index} ${type}`).join(", ") || "-";
function brief(ready: Ready): string {
  const hard = ready.hardState ? `term ${ready.hardState.term} vote ${ready.hardState.vote} commit ${ready.hardState.commit}` : "-";
  return `${hard} | persist ${show(ready.entries)}${ready.mustSync ? ` as ${ready.number}` : ""} | apply ${show(ready.committed)}`;
}

const propose = (...texts: string[]): Input => ({ type: "propose", data: texts.map((text) => Buffer.from(text)) });
const persisted = (number: number): Input => ({ type: "persisted", number });
const command = (term: number, index: number): Entry => ({ term, index, type: "command", data: Buffer.from("x") });

test("one voter elects itself, appends, commits, applies", () => {
  const raft = newRaft();
  const steps: readonly (readonly [Input, string])[] = [
    [{ type: "tick" }, "- | persist - | apply -"],
    [{ type: "tick" }, "- | persist - | apply -"],
    [{ type: "tick" }, "term 1 vote 1 commit 0 | persist - as 1 | apply -"],
    [persisted(1), "- | persist 1.1 empty as 2 | apply -"],
    [propose("a", "b"), "- | persist 1.2 command, 1.3 command as 3 | apply -"],
    [persisted(2), "term 1 vote 1 commit 1 | persist - | apply 1.1 empty"],
    [propose("c"), "- | persist 1.4 command as 4 | apply -"],
    [persisted(4), "term 1 vote 1 commit 4 | persist - | apply 1.2 command, 1.3 command, 1.4 command"],
    [persisted(3), "- | persist - | apply -"],
    [{ type: "tick" }, "- | persist - | apply -"],
  ];
  for (const [input, want] of steps) strictEqual(brief(raft.step(input)), want, JSON.stringify(input));
});

test("after a restart, entries of older terms are committed by an entry of the new one", () => {
  const raft = newRaft([command(1, 1), command(1, 2)]);
  strictEqual(brief(raft.step({ type: "campaign" })), "term 2 vote 1 commit 0 | persist - as 1 | apply -");
  strictEqual(brief(raft.step(persisted(1))), "- | persist 2.3 empty as 2 | apply -");
  strictEqual(brief(raft.step(persisted(1))), "- | persist - | apply -");
  strictEqual(brief(raft.step(persisted(2))), "term 2 vote 1 commit 3 | persist - | apply 1.1 command, 1.2 command, 2.3 empty");
});

test("what the hard state says is committed is applied at once", () => {
  const raft = newRaft([command(1, 1), command(1, 2)], 1);
  strictEqual(brief(raft.step({ type: "tick" })), "- | persist - | apply 1.1 command");
});

test("a vote of an older campaign counts for nothing", () => {
  const raft = newRaft();
  raft.step({ type: "campaign" });
  raft.step({ type: "campaign" });
  strictEqual(raft.term, 2);
  raft.step(persisted(1));
  strictEqual(raft.role, "candidate");
  raft.step(persisted(2));
  strictEqual(raft.role, "leader");
});

test("alone, what is applied leaves memory, and a read needs nobody", () => {
  const raft = newRaft();
  raft.step({ type: "campaign" });
  raft.step(persisted(1));
  deepStrictEqual(raft.step({ type: "read", id: 7 }).reads, [], "before an entry of its term is committed a leader does not know what is");
  deepStrictEqual(raft.step(persisted(2)).reads, [{ id: 7, index: 1 }]);
  deepStrictEqual(raft.step({ type: "read", id: 8 }).reads, [{ id: 8, index: 1 }]);
  for (let batch = 3; batch < 10; batch++) {
    raft.step(propose("x", "y"));
    raft.step(persisted(batch));
  }
  deepStrictEqual([raft.lastIndex, raft.termOf(15), raft.termOf(14)], [15, 1, undefined]);
});

test("what is refused says why", () => {
  strictEqual(newRaft().step(propose("x")).refused, "not leader");
  const raft = newRaft([], 0, { maxUncommittedBytes: 3 });
  raft.step({ type: "campaign" });
  raft.step(persisted(1));
  strictEqual(raft.step(propose("a large one always fits when nothing else is on its way")).refused, undefined);
  strictEqual(raft.step(propose("x")).refused, "too much is uncommitted");
  raft.step(persisted(3));
  strictEqual(raft.step(propose("x")).refused, undefined);
});

test("our own mistakes are asserted", () => {
  throws(() => newRaft([command(1, 2)]), /no gaps/);
  deepStrictEqual(newRaft().step({ type: "tick" }).messages, []);
});
