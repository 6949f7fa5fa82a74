// The table in few lines, to be kept: a row a file of cases with how many answered as written, then every case that not all answer alike.
// Invariant: says nothing of the machine but what the cases need; the same verdicts give the same bytes.
// Called by: run.ts --summary. Next on the way: read.txt, what was read last.

import type { Case } from "./cases.ts";
import type { Runtime } from "./play.ts";
import type { Result, Results } from "./suite.ts";

const letters: Readonly<Record<Result["verdict"], string>> = {
  ok: "ok",
  failed: "FAILED",
  known: "differs",
  mended: "mended",
  skipped: "-",
};

export function summary(cases: readonly Case[], runtimes: readonly Runtime[], results: Results): string {
  const verdict = (entry: Case, { name }: Runtime): Result["verdict"] => results.get(entry)?.get(name)?.verdict ?? "skipped";
  const line = (title: string, cells: readonly string[]): string => [...cells.map((cell) => cell.padEnd(14)), title].join("").trimEnd();
  const sum = (of: readonly Case[]): string[] =>
    runtimes.map((runtime) => `${of.filter((entry) => ["ok", "mended"].includes(verdict(entry, runtime))).length} of ${of.length}`);
  const files = [...new Set(cases.map(({ file }) => file))];
  const other = cases.filter((entry) => runtimes.some((runtime) => verdict(entry, runtime) !== "ok"));
  return [
    line(
      "answered as written",
      runtimes.map(({ name }) => name),
    ),
    ...files.map((file) => line(file, sum(cases.filter((entry) => entry.file === file)))),
    line("all", sum(cases)),
    "",
    line(
      "not by all (`differs`: known and explained in the case; `-`: this machine lacks what it needs)",
      runtimes.map(({ name }) => name),
    ),
    ...other.map((entry) =>
      line(
        `${entry.file}: ${entry.name}`,
        runtimes.map((runtime) => letters[verdict(entry, runtime)]),
      ),
    ),
    "",
  ].join("\n");
}
