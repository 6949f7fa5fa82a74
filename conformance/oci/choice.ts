// Which cases: all there are, by file and by words, and the flags by which run.ts and vm.ts choose the same ones.
// Invariant: a word that nothing answers to is refused; the order is that of the files.
// Called by: run.ts, vm.ts. Next on the way: cases.ts, suite.ts.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, parse } from "./cases.ts";
import { type Command, type Flag, UsageError } from "./flags.ts";
import type { Result } from "./suite.ts";

const runtime = {
  type: "string",
  multiple: true,
  default: ["runc"] as string[],
  value: "NAME",
  says: "by name or path; again for one more",
} as const;

export const choice = {
  runtime,
  all: { type: "boolean", default: false, says: "rows in which all is well, too" },
  strict: { type: "boolean", default: false, says: "plays what is known to differ; fails if anything does" },
  sample: { type: "string", default: "1", value: "N", says: "every Nth case" },
  summary: { type: "string", value: "FILE", says: "writes the table in few lines" },
} as const satisfies Record<string, Flag>;

export const run = {
  name: "run.ts",
  words: "FILE-OR-WORDS…",
  flags: {
    ...choice,
    record: { type: "boolean", default: false, says: "writes down what runc answers" },
    jobs: { type: "string", default: "2", value: "N", says: "cases at once" },
    part: { type: "string", default: "1/1", value: "I/N", says: "one of N equal parts" },
    bound: { type: "string", default: "120", value: "SECONDS", says: "when a case is ended that does not end" },
    each: { type: "boolean", default: false, says: "a line for every case as it ends, and why it failed" },
  },
} as const satisfies Command<Record<string, Flag>>;

export function readCases(folder: string): readonly Case[] {
  const files = globSync("*.txt", { cwd: folder }).toSorted((a, b) => (a < b ? -1 : 1));
  return files.flatMap((name) => parse(readFileSync(join(folder, name), "utf8"), name.slice(0, -4)).cases);
}

const answersTo = (word: string, { file, name }: Case): boolean => file === word || name.includes(word);

/** A word chooses the cases whose file or name has it. */
export function choose(cases: readonly Case[], words: readonly string[]): readonly Case[] {
  const idle = words.find((word) => !cases.some((entry) => answersTo(word, entry)));
  if (idle !== undefined) throw new UsageError(`nothing here is called so or has it in its name: ${idle}`);
  return words.length === 0 ? cases : cases.filter((entry) => words.some((word) => answersTo(word, entry)));
}

export const eachLine = ({ file, name }: Case, runtime: string, verdict: string): string => `each ${verdict} ${runtime} ${file}: ${name}`;

/** What `eachLine` said, on another machine. */
export function readEach(line: string, cases: readonly Case[]): { entry: Case; runtime: string; verdict: Result["verdict"] } | undefined {
  const [, verdict = "", runtime = "", file, name] = /^each (\w+) (\S+) (\w+): (.*)$/u.exec(line.trimEnd()) ?? [];
  const entry = cases.find((other) => other.file === file && other.name === name);
  return entry && { entry, runtime, verdict: verdict as Result["verdict"] };
}
