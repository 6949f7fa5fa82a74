// `npm test`: types, lint, format, and all unit tests, side by side; no root, no network.
// Invariant: exits 0 only if every one of them did; what each printed is shown whole when it failed.
// Called by: package.json, .ci/run. Next on the way: e2e.ts, which needs root and real components.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const nodeFlags = ["--disable-proto=delete", "--disable-warning=ExperimentalWarning"];

const lintArguments = ["node_modules/oxlint/bin/oxlint", "--type-aware", "src", "tools", "e2e", "bench", "conformance", "labs"];

interface Outcome {
  readonly name: string;
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
  /** Was not run, for the reason that is its name: no tick. */
  readonly skipped?: boolean;
}

function run(name: string, args: readonly string[]): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(process.execPath, [...nodeFlags, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", (error) => resolve({ name, code: 1, output: error.message, seconds: 0 }));
    child.on("close", (code) => resolve({ name, code: code ?? 1, output, seconds: (performance.now() - started) / 1000 }));
  });
}

/** The linter's binary is an optional package; an npm that is run by a Node older than it wants leaves it out. */
function linterMissing(): boolean {
  const scope = join(root, "node_modules/@oxlint");
  return !existsSync(scope) || readdirSync(scope).length === 0;
}

function lint(): Promise<Outcome> {
  if (!linterMissing()) return run("lint (oxlint, type-aware)", lintArguments);
  const why =
    "lint not run: npm left the linter's binary out, since the Node that ran npm is older than 20.19; `npm ci` by a newer one brings it";
  // CI must have it: there a missing linter is a failure, not a remark.
  return Promise.resolve({ name: why, code: process.env["CI"] ? 1 : 0, output: why, seconds: 0, skipped: true });
}

function report({ name, code, output, seconds, skipped }: Outcome): void {
  const mark = code !== 0 ? "✖" : skipped ? "–" : "✔";
  console.log(skipped ? `${mark} ${name}` : `${mark} ${name} (${seconds.toFixed(1)} s)`);
  if (code !== 0) console.log(output);
}

const chosen = process.argv.slice(2);
const testFolders = ["src", "tools", "conformance", "labs"];
const testFiles =
  chosen.length > 0
    ? chosen
    : globSync(
        testFolders.map((folder) => `${folder}/**/*.test.ts`),
        { cwd: root },
      ).toSorted();

const checks = await Promise.all([
  run("types (tsc)", ["node_modules/typescript/bin/tsc", "-p", "."]),
  lint(),
  run("format (biome)", ["node_modules/@biomejs/biome/bin/biome", "format", "."]),
]);
for (const outcome of checks) report(outcome);
const unit = await run("unit tests", ["--test", "--test-isolation=none", "--test-timeout=30000", "--test-reporter=spec", ...testFiles]);
const summaryAt = unit.output.search(/^ℹ tests /m);
const failuresAt = unit.output.indexOf("✖ failing tests:");
report({ ...unit, output: failuresAt >= 0 ? unit.output.slice(failuresAt) : unit.output });
if (summaryAt >= 0) console.log(unit.output.slice(summaryAt, failuresAt > summaryAt ? failuresAt : undefined).trim());
process.exitCode = [...checks, unit].every((outcome) => outcome.code === 0) ? 0 : 1;
