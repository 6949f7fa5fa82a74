// The suite's command: `sh bin/node conformance/oci/run.ts --runtime runc --runtime crun --runtime bin/dhow-runtime [FILE-OR-WORDS…]`.
// Invariant: one table, a row a case, a column a runtime; exit 1 if one fails a case that no reference fails here, `--strict`: if any does.
// Called by: people, e2e/oci.e2e.ts. Next on the way: cases.ts, play.ts.

import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Case, format, parse } from "./cases.ts";
import { findRuntime } from "./play.ts";
import { playAll } from "./suite.ts";
import { summary } from "./summary.ts";
import { printTable } from "./table.ts";

const folder = join(import.meta.dirname, "cases");

/** A word chooses the cases whose file or name has it. */
function chosen(cases: readonly Case[], words: readonly string[]): readonly Case[] {
  return words.length === 0 ? cases : cases.filter(({ file, name }) => words.some((word) => file === word || name.includes(word)));
}

function record(cases: readonly Case[], answers: ReadonlyMap<Case, Case["steps"]>): void {
  for (const file of new Set(cases.map((entry) => entry.file))) {
    const path = join(folder, `${file}.txt`);
    const { comments, cases: written } = parse(readFileSync(path, "utf8"), file);
    const recorded = written.map((entry) => {
      const played = cases.find((other) => other.file === file && other.name === entry.name);
      // What runc is known to answer otherwise was written by hand from the specification.
      return played && !entry.except.has("runc") ? { ...entry, steps: answers.get(played) ?? entry.steps } : entry;
    });
    writeFileSync(path, format({ comments, cases: recorded }));
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: "string", multiple: true, default: ["runc"] },
    record: { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
    all: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    sample: { type: "string", default: "1" },
    summary: { type: "string" },
  },
});
const runtimes = values.runtime.map(findRuntime);
const files = globSync("*.txt", { cwd: folder }).toSorted((a, b) => (a < b ? -1 : 1));
const all = files.flatMap((name) => parse(readFileSync(join(folder, name), "utf8"), name.slice(0, -4)).cases);
const cases = chosen(all, positionals).filter((_entry, index) => index % Number(values.sample) === 0);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
const { results, answers, place } = await playAll({
  cases,
  runtimes,
  jobs: Number(values.jobs),
  strict: values.strict,
  signal: stop.signal,
});
rmSync(place, { recursive: true, force: true });
if (values.record) {
  const [first] = runtimes;
  if (runtimes.length !== 1 || first?.name !== "runc") throw new Error("--record is for runc alone: only a reference is recorded");
  record(cases, answers);
}
if (values.summary !== undefined) writeFileSync(values.summary, summary(cases, runtimes, results));
process.exitCode = printTable(cases, runtimes, results, { all: values.all, strict: values.strict }) ? 0 : 1;
