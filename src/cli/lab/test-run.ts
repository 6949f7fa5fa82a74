// Runs one test file with mutants in, or with a learner's function in: mutation tests and grading.
// Invariant: a mutant counts as caught only if its catcher passes without it.
// Called by: ../lab.ts (--check), tools/mutants.ts. Next on the way: hooks.ts.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Io } from "../io.ts";

export interface TestRun {
  readonly passed: boolean;
  readonly output: string;
}

const boundMs = 120_000;
const testMs = 30_000;
/** The hook's own exit: the mutant or the learner's file does not fit. */
export const misfit = 70;

export function runTests(
  root: string,
  files: readonly string[],
  change: { readonly mutants?: readonly string[]; readonly my?: readonly string[] },
): TestRun {
  const hooks = join(import.meta.dirname, "hooks.ts");
  const flags = ["--disable-proto=delete", "--disable-warning=ExperimentalWarning", "--import", hooks, "--test", "--test-isolation=none"];
  // A change may well leave a test waiting for what never comes, and its process alive.
  flags.push(`--test-timeout=${testMs}`, "--test-force-exit");
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [...flags, "--test-reporter=spec", ...files], {
    cwd: root,
    encoding: "utf8",
    timeout: boundMs,
    killSignal: "SIGKILL",
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      // Under another test runner the child would report to it instead of speaking for itself.
      NODE_TEST_CONTEXT: undefined,
      DHOW_MUTANTS: (change.mutants ?? []).join("\n\n"),
      DHOW_MY: (change.my ?? []).join("\n"),
    },
  });
  if (status === misfit) throw new Error(stderr.trim());
  const output = `${stdout}${stderr}${error ? `\n${error.message}` : ""}`;
  return { passed: status === 0, output };
}

function complaint(output: string): readonly string[] {
  const lines = output.slice(Math.max(output.indexOf("✖ failing tests:"), 0)).split("\n");
  return lines.filter((line) => line.trim() !== "" && !/^\s+at /.test(line)).slice(1, 20);
}

export function gradeWith(io: Io, root: string, file: string, my: readonly string[]): Promise<boolean> {
  const { passed, output } = runTests(root, [file], { my });
  // A file that cannot even be loaded fails under its own name; what it says is below.
  const failed = output.split("\n").filter((line) => /^✖ (?!failing tests)/.test(line.trim()) && !line.includes(file));
  io.out(passed ? `✔ ${file} is green with it` : `✖ ${file} is red with it:`);
  if (!passed) for (const line of new Set(failed.length > 0 ? failed : complaint(output))) io.out(`  ${line.trim()}`);
  return Promise.resolve(passed);
}
