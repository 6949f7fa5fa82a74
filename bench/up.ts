// How long `dhow up` takes, what the cluster weighs, and what it costs to do nothing.
// Invariant: a home of its own in the temporary folder; the cluster is gone when this ends, whatever happened.
// Called by: people (`sh bin/node bench/up.ts [more flags for up]`). Next on the way: the aims in ARCHITECTURE.md.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const launcher = join(import.meta.dirname, "../bin/dhow");
const flags = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "dhow-bench-"));
const idleMs = 10_000;

interface Status {
  readonly parts: readonly { readonly name: string; readonly pid?: number; readonly memoryBytes?: number }[];
  readonly memoryBytes: number;
}

function dhow(...args: string[]): string {
  return execFileSync(launcher, [...args, "--name", "bench"], {
    encoding: "utf8",
    env: { ...process.env, DHOW_HOME: home, NO_COLOR: "1" },
  });
}

function timed(what: string, run: () => void): void {
  const startedMs = performance.now();
  run();
  console.log(`${what.padEnd(44)} ${((performance.now() - startedMs) / 1000).toFixed(2)} s`);
}

/** User and system time of a process in milliseconds; the kernel counts hundredths of a second. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const up = ["up", "--detach", "--quiet", "--port", "0", ...(flags.length > 0 ? flags : ["--runtime", "simulated"])];
try {
  console.log(`dhow ${up.slice(3).join(" ")} on ${availableParallelism()} cores`);
  timed("first up: keys, empty store, cold cache", () => dhow(...up));
  dhow("down", "--purge");
  timed("first up: keys, empty store", () => dhow(...up));
  timed("up again while it runs", () => dhow(...up));
  dhow("down");
  timed("up with yesterday's data", () => dhow(...up));
  await wait(5000);
  const before = JSON.parse(dhow("status", "-o", "json")) as Status;
  const pids = before.parts.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid, startMs: cpuMs(pid) }]));
  await wait(idleMs);
  const { parts, memoryBytes } = JSON.parse(dhow("status", "-o", "json")) as Status;
  let spentMs = 0;
  for (const { name, pid, startMs } of pids) {
    const ms = cpuMs(pid) - startMs;
    spentMs += ms;
    const memory = parts.find((part) => part.name === name)?.memoryBytes ?? 0;
    console.log(`  ${name.padEnd(42)} ${(memory / 1e6).toFixed(0)} MB, ${((100 * ms) / idleMs).toFixed(1)} % of a core idle`);
  }
  console.log(`${"memory, sum of proportional set sizes".padEnd(44)} ${(memoryBytes / 1e6).toFixed(0)} MB`);
  console.log(`${`idle over ${idleMs / 1000} s`.padEnd(44)} ${((100 * spentMs) / idleMs).toFixed(1)} % of a core`);
  timed("down", () => dhow("down"));
} finally {
  try {
    dhow("down", "--purge");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
