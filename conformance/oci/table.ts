// One table: a row a case, a column a runtime; below it the reason of every failure, and one line of sums.
// Invariant: what is not `ok` is always shown with its reason; rows where all agree are left out unless asked for.
// Called by: run.ts. Next on the way: README.md, which says how to read it.

import type { Case } from "./cases.ts";
import type { Runtime } from "./play.ts";
import type { Result, Results } from "./suite.ts";

const words: Readonly<Record<Result["verdict"], string>> = { ok: "ok", failed: "FAILED", known: "differs", mended: "MENDED", skipped: "-" };

const notReached: Result = { verdict: "skipped", why: "not reached" };

function sums(runtime: Runtime, results: Results): string {
  const verdicts = [...results.values()].map((row) => row.get(runtime.name)?.verdict ?? "skipped");
  const count = (verdict: Result["verdict"]): number => verdicts.filter((other) => other === verdict).length;
  return `${runtime.name}: ${count("ok")} ok, ${count("failed")} failed, ${count("known")} known to differ, ${count("mended")} mended, ${count("skipped")} skipped`;
}

/** Those whose answers are recorded: a failure of one of them says something about this machine, and nothing about a runtime of ours. */
const references: readonly string[] = ["runc", "crun"];

/** A failure counts when no reference fails the same case here; with `strict`, a reference's own counts too. */
function counts(runtime: Runtime, row: readonly { name: string; verdict: Result["verdict"] }[], strict: boolean): boolean {
  if (references.includes(runtime.name)) return strict;
  return strict || !row.some(({ name, verdict }) => references.includes(name) && verdict === "failed");
}

/** True when no failure counts. */
export function printTable(
  cases: readonly Case[],
  runtimes: readonly Runtime[],
  results: Results,
  options: { all: boolean; strict: boolean },
): boolean {
  const width = Math.max(4, ...cases.map(({ file, name }) => file.length + name.length + 2));
  const row = (title: string, cells: readonly string[]): string =>
    `${title.padEnd(width)}  ${cells.map((cell, index) => cell.padEnd(Math.max(7, runtimes[index]?.name.length ?? 0))).join("  ")}`.trimEnd();
  const reasons: string[] = [];
  let counted = 0;
  console.log(
    row(
      "case",
      runtimes.map(({ name }) => name),
    ),
  );
  for (const entry of cases) {
    const found = runtimes.map((runtime) => ({ runtime, name: runtime.name, ...(results.get(entry)?.get(runtime.name) ?? notReached) }));
    for (const { runtime, name, verdict, why } of found) {
      if (verdict !== "failed") continue;
      if (counts(runtime, found, options.strict)) counted++;
      reasons.push(`✖ ${entry.file}: ${entry.name} [${name}]\n${why.replaceAll(/^/gmu, "    ")}`);
    }
    if (options.all || found.some(({ verdict }) => verdict !== "ok"))
      console.log(
        row(
          `${entry.file}: ${entry.name}`,
          found.map(({ verdict }) => words[verdict]),
        ),
      );
  }
  if (reasons.length > 0) console.log(`\n${reasons.join("\n")}`);
  console.log(`\n${cases.length} cases`);
  for (const runtime of runtimes) console.log(sums(runtime, results));
  return counted === 0;
}
