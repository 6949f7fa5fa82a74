// What the commands of this folder make of their flags and words, and what they refuse, in one line.
// Invariant: nothing is played; every refusal names the flag and what it takes.
// Called by: npm test. Next on the way: flags.ts, choice.ts.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { choose, eachLine, readCases, readEach, run } from "./choice.ts";
import { count, part, readFlags, UsageError, usage } from "./flags.ts";

const cases = readCases(join(import.meta.dirname, "cases"));

test("flags and words are read; what is not given has its usual value", () => {
  const { values, words } = readFlags(run, ["hooks", "--runtime", "crun", "--runtime=bin/x", "--all", "two words"]);
  assert.deepEqual([values.runtime, values.all, values.jobs, values.summary], [["crun", "bin/x"], true, "2", undefined]);
  assert.deepEqual(words, ["hooks", "two words"]);
  assert.deepEqual(readFlags(run, ["--", "--all"]).words, ["--all"]);
  assert.deepEqual(readFlags(run, []).values.runtime, ["runc"]);
});

test("a flag nobody knows or without its value is refused by name", () => {
  const refusals: readonly (readonly [args: string, expected: RegExp])[] = [
    ["--foo", /^run\.ts: unknown flag --foo; its flags: --runtime NAME, --all,/u],
    ["-x", /^run\.ts: unknown flag -x;/u],
    ["--constructor", /^run\.ts: unknown flag --constructor;/u],
    ["--runtime", /^run\.ts: --runtime is to be followed by its value: --runtime NAME$/u],
    ["--runtime --all", /^run\.ts: --runtime is to be followed by its value/u],
    ["--summary=", /^run\.ts: --summary is to be followed by its value: --summary FILE$/u],
    ["--all=yes", /^run\.ts: --all takes no value, and was given: yes$/u],
  ];
  for (const [args, message] of refusals) assert.throws(() => readFlags(run, args.split(" ")), { message }, args);
  const wordless = { name: "many.ts", flags: run.flags };
  assert.throws(() => readFlags(wordless, ["more"]), /^Error: many\.ts: takes no words, and was given: more; its flags: /u);
});

test("numbers and parts", () => {
  assert.deepEqual([count("jobs", "3"), count("row", "0", 0), part("2/3")], [3, 0, { index: 2, of: 3 }]);
  for (const text of ["x", "-1", "0", "1.5", "", "9".repeat(20)]) assert.throws(() => count("jobs", text), UsageError, text);
  for (const text of ["3/2", "0/1", "1", "a/b", "1/2/3"]) assert.throws(() => part(text), UsageError, text);
});

test("every flag is in the help", () => {
  for (const name of Object.keys(run.flags)) assert.match(usage(run), new RegExp(`^  --${name}\\b`, "mu"));
});

test("a word chooses a file or names; one that chooses nothing is refused", () => {
  const files = new Set(choose(cases, ["sysctl"]).map(({ file }) => file));
  assert.ok(files.has("sysctl"));
  assert.deepEqual(choose(cases, []), cases);
  assert.throws(() => choose(cases, ["sysctl", "no such word"]), /has it in its name: no such word$/u);
});

test("what a run tells of one case is understood on another machine, whatever its name", () => {
  for (const entry of cases)
    assert.deepEqual(readEach(`${eachLine(entry, "runc", "ok")}\r`, cases), { entry, runtime: "runc", verdict: "ok" });
  assert.equal(readEach("ended with 0", cases), undefined);
});
