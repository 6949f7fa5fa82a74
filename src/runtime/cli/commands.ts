// The commands by name: their options, and the one function of the runtime each of them calls.
// Invariant: nothing is decided here; a command of the specification that is not supported is refused by name.
// Called by: cli/index.ts. Next on the way: create.ts, start.ts, exec.ts, kill.ts, list.ts, update.ts.

import { readFileSync } from "node:fs";
import type { CgroupResources } from "#linux";
import { parseExactJson, type ProcessConfig } from "../config.ts";
import { create, type Created } from "../create.ts";
import { RuntimeError } from "../errors.ts";
import { exec, processFromArgs } from "../exec.ts";
import { kill, pauseContainer, remove, signalNumber } from "../kill.ts";
import { list, listTable, processes, processTable, stateOf } from "../list.ts";
import type { Machine } from "../machine.ts";
import { start } from "../start.ts";
import { loadState } from "../state.ts";
import { look, update } from "../update.ts";
import { stayWith } from "./foreground.ts";
import type { OptionTable, Parsed } from "./options.ts";
import { offlineCommands } from "./offline.ts";
import { resourcesOf, updateOptions } from "./resources.ts";

export interface Invocation {
  readonly machine: () => Machine;
  readonly root: string;
  readonly options: Parsed;
  readonly print: (text: string) => void;
}

export interface Command {
  readonly options: OptionTable;
  readonly short?: Readonly<Record<string, string>>;
  /** Options end at the first word that is none. */
  readonly stop?: boolean;
  /** Answers the exit status. */
  readonly run: (invocation: Invocation) => number | Promise<number>;
}

export function idOf({ options }: Invocation, most = 1): string {
  const [id, ...more] = options.rest;
  if (id === undefined) throw new RuntimeError("container id cannot be empty");
  if (more.length >= most) throw new RuntimeError(`accepts ${most} argument(s), received ${more.length + 1}`);
  return id;
}

const createOptions: OptionTable = {
  bundle: "value",
  "console-socket": "value",
  "pid-file": "value",
  "preserve-fds": "value",
  "no-pivot": "flag",
  "no-new-keyring": "flag",
  "pidfd-socket": "value",
};

function refuseUnsupported(options: Parsed): void {
  if (options.text("pidfd-socket") !== undefined) throw new RuntimeError("--pidfd-socket is not supported");
}

function createFrom(invocation: Invocation, attached: boolean): Created {
  const { options, root } = invocation;
  refuseUnsupported(options);
  return create(invocation.machine(), {
    root,
    id: idOf(invocation),
    bundle: options.text("bundle") ?? process.cwd(),
    attached,
    pidFile: options.text("pid-file"),
    consoleSocket: options.text("console-socket"),
    preserveFds: Number(options.text("preserve-fds") ?? 0),
    newKeyring: !options.flag("no-new-keyring"),
    noPivot: options.flag("no-pivot"),
  });
}

function plain(
  run: (invocation: Invocation, id: string) => void,
  options: OptionTable = {},
  short: Readonly<Record<string, string>> = {},
): Command {
  return {
    options,
    short,
    run: (invocation) => {
      run(invocation, idOf(invocation));
      return 0;
    },
  };
}

async function runContainer(invocation: Invocation): Promise<number> {
  const { options, root } = invocation;
  const detach = options.flag("detach");
  const machine = invocation.machine();
  const created = createFrom(invocation, !detach);
  const { id, pid } = created.state;
  const { syscalls } = machine;
  try {
    // Orphans of the container come to us, so that none is left when we remove it.
    if (!detach) syscalls.setChildSubreaper();
    start(root, id);
  } catch (error) {
    remove(syscalls, root, id, true);
    throw error;
  }
  if (detach) return 0;
  const status = await stayWith({
    pid,
    master: created.master,
    child: created.child,
    resize: (fd, rows, columns) => syscalls.setTerminalSize(fd, rows, columns),
  });
  if (!options.flag("keep")) remove(syscalls, root, id, true);
  return status;
}

/** Not inheritable: a program that changes user shall not take them along. */
function withCapabilities(base: ProcessConfig | undefined, more: readonly string[]): NonNullable<ProcessConfig["capabilities"]> {
  const old = base?.capabilities ?? {};
  const added = (set: readonly string[] | undefined): readonly string[] => [...new Set([...(set ?? []), ...more])];
  return { ...old, bounding: added(old.bounding), effective: added(old.effective), permitted: added(old.permitted) };
}

function processOf(invocation: Invocation, id: string): ProcessConfig {
  const { options, root } = invocation;
  const file = options.text("process");
  if (file !== undefined) return parseExactJson(readFileSync(file, "utf8")) as ProcessConfig;
  const state = loadState(root, id);
  const args = options.rest.slice(1);
  const [uid, gid] = (options.text("user") ?? "").split(":").filter(Boolean).map(Number);
  const user = { ...state.config.process?.user, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  const additionalGids = options.texts("additional-gids").map(Number);
  return processFromArgs(state, args, {
    terminal: options.flag("tty"),
    env: options.texts("env"),
    ...(options.text("cwd") === undefined ? {} : { cwd: options.text("cwd")! }),
    user: { ...user, ...(additionalGids.length > 0 ? { additionalGids } : {}) },
    ...(options.flag("no-new-privs") ? { noNewPrivileges: true } : {}),
    ...(options.text("apparmor") === undefined ? {} : { apparmorProfile: options.text("apparmor")! }),
    ...(options.texts("cap").length > 0 ? { capabilities: withCapabilities(state.config.process, options.texts("cap")) } : {}),
  });
}

async function execCommand(invocation: Invocation): Promise<number> {
  const { options, root } = invocation;
  const id = idOf(invocation, Number.POSITIVE_INFINITY);
  for (const name of ["process-label", "cgroup"])
    if (options.text(name) !== undefined) throw new RuntimeError(`exec --${name} is not supported`);
  const machine = invocation.machine();
  const detach = options.flag("detach");
  const { pid, master, child } = exec(machine, {
    root,
    id,
    process: processOf(invocation, id),
    detach,
    pidFile: options.text("pid-file"),
    consoleSocket: options.text("console-socket"),
    preserveFds: Number(options.text("preserve-fds") ?? 0),
    ignorePaused: options.flag("ignore-paused"),
  });
  return detach ? 0 : stayWith({ pid, master, child, resize: (fd, rows, columns) => machine.syscalls.setTerminalSize(fd, rows, columns) });
}

async function events(invocation: Invocation): Promise<number> {
  const { options, root, print } = invocation;
  const id = idOf(invocation);
  const text = options.text("interval") ?? "5s";
  const seconds = /^(\d+(?:\.\d+)?)(ms|s|m)?$/u.exec(text);
  if (!seconds) throw new RuntimeError(`invalid duration ${JSON.stringify(text)}`);
  const intervalMs = Number(seconds[1]) * { ms: 1, s: 1000, m: 60_000 }[(seconds[2] ?? "s") as "ms" | "s" | "m"];
  if (intervalMs <= 0) throw new RuntimeError("duration interval must be greater than 0");
  for (let oomKills = Number.POSITIVE_INFINITY; ; ) {
    const seen = look(root, id, oomKills);
    if (!seen) {
      if (oomKills === Number.POSITIVE_INFINITY) throw new RuntimeError(`container with id ${id} is not running`);
      return 0;
    }
    for (const event of seen.events) print(JSON.stringify(event));
    if (options.flag("stats")) return 0;
    oomKills = seen.oomKills;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

const notSupported: Command = {
  options: {},
  stop: true,
  run: () => {
    throw new RuntimeError("checkpoint and restore are not supported");
  },
};

const execOptions: OptionTable = {
  process: "value",
  "console-socket": "value",
  "pid-file": "value",
  "preserve-fds": "value",
  cwd: "value",
  user: "value",
  env: "list",

  tty: "flag",
  detach: "flag",
  "no-new-privs": "flag",
  "ignore-paused": "flag",
  "additional-gids": "list",
  cap: "list",
  apparmor: "value",
  "process-label": "value",
  cgroup: "value",
};

export const commands: Readonly<Record<string, Command>> = {
  create: {
    options: createOptions,
    short: { b: "bundle" },
    run: (invocation) => {
      createFrom(invocation, false);
      return 0;
    },
  },
  start: plain(({ root, machine }, id) => start(root, id, (fifo) => machine().syscalls.holdFile(fifo))),
  run: {
    options: { ...createOptions, detach: "flag", keep: "flag", "no-subreaper": "flag" },
    short: { b: "bundle", d: "detach" },
    run: runContainer,
  },
  exec: {
    options: execOptions,
    short: { e: "env", u: "user", t: "tty", d: "detach", p: "process", g: "additional-gids" },
    stop: true,
    run: execCommand,
  },
  kill: {
    options: { all: "flag" },
    short: { a: "all" },
    run: (invocation) => {
      const { machine, root, options } = invocation;
      kill(machine().syscalls, root, idOf(invocation, 2), signalNumber(options.rest[1] ?? "SIGTERM"), options.flag("all"));
      return 0;
    },
  },
  delete: plain(
    ({ machine, root, options }, id) => remove(machine().syscalls, root, id, options.flag("force")),
    { force: "flag" },
    { f: "force" },
  ),
  pause: plain(({ root }, id) => pauseContainer(root, id, true)),
  resume: plain(({ root }, id) => pauseContainer(root, id, false)),
  state: plain(({ root, print }, id) => print(JSON.stringify(stateOf(root, id), undefined, 2))),
  list: {
    options: { format: "value", quiet: "flag" },
    short: { f: "format", q: "quiet" },
    run: ({ root, options, print }) => {
      const all = list(root);
      if (options.flag("quiet")) for (const { id } of all) print(id);
      else print(options.text("format") === "json" ? JSON.stringify(all.length > 0 ? all : null) : listTable(all));
      return 0;
    },
  },
  ps: {
    options: { format: "value" },
    short: { f: "format" },
    stop: true,
    run: (invocation) => {
      const { root, options, print } = invocation;
      const id = idOf(invocation, Number.POSITIVE_INFINITY);
      const json = options.text("format") === "json";
      print(json ? JSON.stringify(processes(root, id)) : processTable(root, id, options.rest.slice(1)));
      return 0;
    },
  },
  update: {
    options: updateOptions,
    short: { r: "resources" },
    run: (invocation) => {
      const { machine, root, options } = invocation;
      const file = options.text("resources");
      const given =
        file === undefined ? resourcesOf(options) : (parseExactJson(readFileSync(file === "-" ? 0 : file, "utf8")) as CgroupResources);
      update(machine().syscalls, root, idOf(invocation), given);
      return 0;
    },
  },
  events: { options: { interval: "value", stats: "flag" }, run: events },
  checkpoint: notSupported,
  restore: notSupported,
  ...offlineCommands,
};
