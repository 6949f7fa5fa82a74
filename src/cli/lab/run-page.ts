// One page from start to end: needs, namespaces, world, play, update, host compared.
// Invariant: as root everything happens in own mount, pid and network namespaces; the host is looked at before and after.
// Called by: lab.ts, tour.ts. Next on the way: world.ts, player.ts.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CliError, exitCodes, type Io } from "../io.ts";
import type { Page } from "./format.ts";
import { compare, picture, removeGroups } from "./host.ts";
import { canIsolate, missing } from "./needs.ts";
import { type Outcome, play, type Stage } from "./player.ts";
import { findSymbol } from "./symbols.ts";
import { plainStage, terminalStage } from "./stage.ts";
import { newFolder, openWorld } from "./world.ts";

export interface PageRun {
  readonly root: string;
  readonly page: Page;
  readonly breaks: readonly string[];
  readonly my: readonly string[];
  readonly only?: "checks";
  /** Ask and pause, where there is a terminal. */
  readonly interactive: boolean;
  /** The same command again, inside the namespaces. */
  readonly again: readonly string[];
}

export async function runPage(io: Io, run: PageRun): Promise<number> {
  const lacking = missing(run.page.needs);
  if (lacking.length > 0) throw new CliError(`${run.page.path} needs ${lacking.join(", ")}, which this machine lacks`);
  const inside = io.env["DHOW_LAB_INSIDE"];
  if (inside !== undefined) return playHere(io, run, inside);
  const folder = newFolder();
  const note = runningFile(io, run.page);
  mkdirSync(dirname(note), { recursive: true, mode: 0o700 });
  const before = picture(folder);
  const isolate = canIsolate();
  writeFileSync(note, JSON.stringify({ pid: process.pid, folder, isolated: isolate }));
  try {
    const code = isolate ? await playInside(io, run, folder) : await playHere(io, run, folder);
    // Once more: who was killed inside has not come to it.
    await removeGroups(folder, io.clock);
    const { ours, others } = compare(before, picture(folder), folder);
    // From inside the namespaces nothing can reach the host's mounts and interfaces; what is new there is somebody else's.
    if (!isolate) for (const one of others) io.err(`note: appeared on this machine meanwhile: ${one}`);
    for (const one of ours) io.err(`left behind: ${one}`);
    return ours.length > 0 ? exitCodes.failed : code;
  } finally {
    rmSync(note, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Says to `dhow lab shell` where the open lab is. */
export const runningFile = (io: Io, page: Page): string =>
  join(io.env["DHOW_HOME"] ?? join(io.env["HOME"] ?? "/", ".dhow"), "lab", `${page.path.replaceAll("/", "-")}.json`);

/** sh stays as process 1: it reaps what is orphaned, and when it ends the kernel ends everything inside. */
function playInside(io: Io, run: PageRun, folder: string): Promise<number> {
  const { execPath, execArgv, main } = io.launcher;
  const script = 'ip link set lo up; "$@"; exit $?';
  const flags = ["--mount", "--propagation", "private", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn("unshare", [...flags, "sh", "-c", script, "sh", execPath, ...execArgv, main, ...run.again], {
    stdio: "inherit",
    env: { ...process.env, DHOW_LAB_INSIDE: folder },
  });
  // The terminal sends Ctrl-C to both; the inner one cleans up, we wait for it.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  // Asked to end by somebody else: everything inside ends with unshare, and we still get to remove the folder.
  const end = (): void => void child.kill("SIGKILL");
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("SIGINT", ignore);
      for (const signal of ["SIGTERM", "SIGHUP"] as const) process.off(signal, end);
      resolve(code ?? exitCodes.failed);
    });
  });
}

async function playHere(io: Io, run: PageRun, folder: string): Promise<number> {
  const { root, page } = run;
  const stage = stageFor(io, run);
  const files = join(root, dirname(page.path));
  const world = await openWorld(page.world, {
    root,
    ...(page.path.startsWith("labs/") ? { files } : {}),
    clock: io.clock,
    my: run.my,
    env: io.env,
    folder,
  });
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => interrupted.reject(new CliError("interrupted", exitCodes.interrupted));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  let outcome: Outcome;
  try {
    outcome = await Promise.race([
      play(page, world, { clock: io.clock, stage, breaks: run.breaks, ...(run.only ? { only: run.only } : {}) }),
      interrupted.promise,
    ]);
  } finally {
    await world.close();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, interrupt);
  }
  if (io.env["UPDATE"] === "1") update(io, root, page, outcome);
  for (const failure of outcome.failures) io.err(failure);
  return outcome.failures.length === 0 ? exitCodes.done : exitCodes.failed;
}

function stageFor(io: Io, { interactive, root }: PageRun): Stage {
  if (!interactive || !io.tty || process.stdin.isTTY !== true) return plainStage(io);
  return terminalStage(io, {
    root,
    lineOf: ({ file, symbol }) => findSymbol(readFileSync(join(root, file), "utf8"), symbol)?.line ?? 1,
  });
}

/** Later lines first, so that the earlier ones keep their numbers. */
function update(io: Io, root: string, page: Page, { updates }: Outcome): void {
  const lines = [...page.lines];
  for (const { from, to, lines: fresh } of updates.toSorted((a, b) => b.from - a.from)) lines.splice(from - 1, to - from + 1, ...fresh);
  if (updates.length === 0) return;
  writeFileSync(join(root, page.path), lines.join("\n"));
  io.err(`${page.path}: ${updates.length} output(s) rewritten; read the difference`);
}
