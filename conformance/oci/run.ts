// The suite's command: `sh bin/node conformance/oci/run.ts --runtime runc --runtime crun --runtime bin/dhow-runtime [FILE-OR-WORDS…]`.
// Invariant: one table, a row a case, a column a runtime; exit 1 if one fails a case that no reference fails here, `--strict`: if any does.
// Called by: people, e2e/oci.e2e.ts. Next on the way: choice.ts, suite.ts.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, format, parse } from "./cases.ts";
import { choose, eachLine, readCases, run } from "./choice.ts";
import { count, part, runtimesOf, settings, UsageError } from "./flags.ts";
import { playAll } from "./suite.ts";
import { summary } from "./summary.ts";
import { printTable } from "./table.ts";

const folder = join(import.meta.dirname, "cases");

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

const { runtimes, cases, jobs, bound, values } = settings(run, (values, words) => {
  const of = part(values.part);
  const sample = count("sample", values.sample);
  const sampled = choose(readCases(folder), words).filter((_entry, index) => index % sample === 0);
  const chosen = sampled.filter((_entry, index) => index % of.of === of.index - 1);
  const runtimes = runtimesOf(values.runtime);
  if (values.record && (runtimes.length !== 1 || runtimes[0]?.name !== "runc"))
    throw new UsageError("--record is for runc alone: only a reference is recorded");
  return { runtimes, cases: chosen, jobs: count("jobs", values.jobs), bound: count("bound", values.bound), values };
});
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
const { results, answers, place } = await playAll({
  cases,
  runtimes,
  jobs,
  strict: values.strict,
  signal: stop.signal,
  boundMs: bound * 1000,
  ...(values.each && {
    told: (entry, { name }, { verdict, why }) => {
      console.log(eachLine(entry, name, verdict));
      if (verdict === "failed") console.log(why.replaceAll(/^/gmu, "    "));
    },
  }),
});
rmSync(place, { recursive: true, force: true });
if (values.record) record(cases, answers);
if (values.summary !== undefined) writeFileSync(values.summary, summary(cases, runtimes, results));
process.exitCode = printTable(cases, runtimes, results, { all: values.all, strict: values.strict }) ? 0 : 1;
