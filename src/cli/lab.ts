// `dhow lab`: the list of labs; `dhow lab NN`: plays one; `dhow lab shell NN`: a second terminal inside it.
// Invariant: a tick is given only for a lab whose every check was green; what the machine lacks is refused by name.
// Called by: program.ts. Next on the way: lab/run-page.ts.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { dhowHome } from "#compose";
import { CliError, exitCodes, type Io } from "./io.ts";
import type { Page } from "./lab/format.ts";
import { namespaceInit } from "./lab/host.ts";
import { entries, findEntry, readPage, sourceRoot } from "./lab/library.ts";
import { missing } from "./lab/needs.ts";
import { myFile, Progress, solution, startWriting, written } from "./lab/progress.ts";
import { runningFile, runPage } from "./lab/run-page.ts";
import { gradeWith } from "./lab/test-run.ts";
import { hasCluster, toldBy } from "./lab/world.ts";

interface LabOptions {
  readonly all?: boolean;
  readonly check?: boolean;
  readonly hint?: boolean;
  readonly solve?: boolean;
  readonly write?: boolean;
  readonly break?: string;
}

export async function lab(io: Io, ...given: unknown[]): Promise<number> {
  const [options, first, second] = given as [LabOptions, string | undefined, string | undefined];
  const root = sourceRoot;
  if (options.all === true) return all(io, root);
  if (first === undefined) return list(io, root);
  if (first === "shell") return shell(io, root, second);
  const page = readPage(root, findEntry(root, "labs", first).path);
  if (options.hint === true) return hint(io, page);
  if (options.solve === true) {
    io.out(solution(root, page));
    return exitCodes.done;
  }
  if (options.write === true) return write(io, root, page, first);
  return one(io, root, page, first, options);
}

async function one(io: Io, root: string, page: Page, number: string, options: LabOptions): Promise<number> {
  const names = page.breaks.map(({ name }) => name);
  if (options.break !== undefined && !names.includes(options.break))
    throw new CliError(`no break ${JSON.stringify(options.break)} in ${page.path}; there are: ${names.join(", ")}`, exitCodes.wrongUse);
  const checking = options.check === true;
  const my = checking ? written(root, page) : [];
  const inside = io.env["DHOW_LAB_INSIDE"] !== undefined;
  if (checking && page.write && !inside) {
    io.out(my.length > 0 ? `your ${page.write.reference.symbol} is in: ${my[0]!.split(" ")[1]}` : nothingWritten(root, page, number));
    if (my.length > 0 && !(await gradeWith(io, root, page.write.gradedBy, my))) return exitCodes.failed;
  }
  const flags = [...(checking ? ["--check"] : []), ...(options.break === undefined ? [] : ["--break", options.break])];
  const code = await runPage(io, {
    root,
    page,
    my,
    breaks: checking ? [] : options.break === undefined ? names : [options.break],
    ...(checking && my.length === 0 ? { only: "checks" as const } : {}),
    interactive: !checking,
    again: ["lab", number, ...flags],
  });
  if (code === exitCodes.done && !inside) {
    const progress = new Progress(dhowHome(io.env));
    if (!checking && options.break === undefined) progress.tick(page.path, "played");
    if (my.length > 0) progress.tick(page.path, "written");
  }
  return code;
}

function nothingWritten(root: string, page: Page, number: string): string {
  const file = myFile(root, page);
  if (file === undefined || !existsSync(file)) return `nothing written yet: \`dhow lab ${number} --write\``;
  return `${relative(process.cwd(), file)} is still empty: fill in ${page.write!.reference.symbol}; until then ours is played`;
}

async function all(io: Io, root: string): Promise<number> {
  const pages = [...entries(root, "labs"), ...entries(root, "docs/tour")].map(({ path }) => readPage(root, path));
  const results: string[] = [];
  let failed = 0;
  for (const page of pages) {
    const lacking = missing(page.needs);
    if (page.steps.every(({ type }) => type !== "run" && type !== "check")) continue;
    if (lacking.length > 0) {
      results.push(`- ${page.path}: not played, this machine lacks ${lacking.join(", ")}`);
      continue;
    }
    io.out(`${page.path}: ${page.title}`);
    const startMs = io.clock.monotonicMs();
    const verb = page.path.startsWith("labs/") ? "lab" : "tour";
    const number = /(\d\d)-/.exec(page.path)![1]!;
    const run = {
      root,
      page,
      my: [],
      breaks: page.breaks.map(({ name }) => name),
      interactive: false,
      again: [verb, number],
    };
    // One page that cannot be played must not hide the others.
    const code = await runPage(io, run).catch((error: unknown) => {
      io.err(`${page.path}: ${error instanceof Error ? error.message : String(error)}`);
      return exitCodes.failed;
    });
    const seconds = ((io.clock.monotonicMs() - startMs) / 1000).toFixed(1);
    if (code !== exitCodes.done) failed++;
    results.push(`${code === exitCodes.done ? "✔" : "✖"} ${page.path} (${seconds} s)`);
  }
  for (const line of results) io.out(line);
  return failed === 0 ? exitCodes.done : exitCodes.failed;
}

function list(io: Io, root: string): number {
  const ticks = new Progress(dhowHome(io.env)).all();
  const found = entries(root, "labs");
  if (found.length === 0) throw new CliError("no labs here: they come with the source tree, not with the installed package");
  for (const { number, path } of found) {
    const page = readPage(root, path);
    const mine = ticks[path] ?? [];
    const mark = mine.includes("played") ? "✔" : " ";
    const pen = page.write ? (mine.includes("written") ? "✔✎" : "✎") : "";
    const lacking = missing(page.needs);
    const needs = lacking.length > 0 ? `  lacks ${lacking.join(", ")}` : page.needs.length > 0 ? `  needs ${page.needs.join(", ")}` : "";
    io.out(`${mark} ${String(number).padStart(2)}  ${`${page.minutes} min`.padStart(6)}  ${page.title} ${pen}${needs}`.trimEnd());
  }
  io.out("");
  io.out("  dhow lab 1            plays a lab        dhow lab 1 --break NAME   only that break");
  io.out("  dhow lab shell 1      a terminal inside  dhow lab 1 --check | --hint | --write | --solve");
  return exitCodes.done;
}

function hint(io: Io, page: Page): number {
  const hints = page.steps.flatMap((step) => (step.type === "hint" ? [step.text] : []));
  if (hints.length === 0) throw new CliError(`${page.path} has no hint`);
  for (const text of hints) io.out(text);
  return exitCodes.done;
}

function write(io: Io, root: string, page: Page, number: string): number {
  const { file, fresh, line } = startWriting(root, page);
  const symbol = page.write!.reference.symbol;
  io.out(`${fresh ? "wrote" : "kept"} ${relative(process.cwd(), file)}:${line}`);
  io.out(`fill in ${symbol}, then: dhow lab ${number} --check`);
  return exitCodes.done;
}

/** Enters the world that another terminal has open. */
function shell(io: Io, root: string, number: string | undefined): Promise<number> {
  if (number === undefined) throw new CliError("which lab? `dhow lab shell NN`", exitCodes.wrongUse);
  const page = readPage(root, findEntry(root, "labs", number).path);
  const note = runningFile(io, page);
  if (!existsSync(note)) throw new CliError(`lab ${number} is not open; start it in another terminal: dhow lab ${number}`);
  const { pid, folder, isolated } = JSON.parse(readFileSync(note, "utf8")) as { pid: number; folder: string; isolated: boolean };
  const program = io.env["SHELL"] ?? "/bin/sh";
  const init = isolated ? namespaceInit(pid) : undefined;
  if (isolated && init === undefined) throw new CliError(`lab ${number} is not open any more`);
  const env = {
    ...process.env,
    PATH: `${root}/bin:${process.env["PATH"] ?? ""}`,
    DHOW_HOME: `${folder}/.dhow`,
    DHOW_LAB_WORK: folder,
    DHOW_ROOT: root,
    ...(hasCluster(page.world) ? { DHOW_NAME: "lab", KUBECONFIG: `${folder}/.dhow/lab/kubeconfig` } : {}),
    ...toldBy(folder),
  };
  const enter =
    init === undefined ? [program] : ["nsenter", "--target", String(init), "--mount", "--pid", "--net", `--wd=${folder}`, program];
  const child = spawn(enter[0]!, enter.slice(1), { cwd: folder, env, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? exitCodes.failed));
  });
}
