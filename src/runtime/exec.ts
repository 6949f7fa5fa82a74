// `exec`: one more process in a container that runs, with the container's namespaces, control group and filter.
// Invariant: a container that is stopped or frozen takes none; the process is the caller's child or, detached, an orphan with its pid written down.
// Called by: cli/. Next on the way: launch.ts, then init/exec.ts on the other side.

import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readlinkSync } from "node:fs";
import { namespaceFiles, namespaceFlags, type NamespaceType, type Syscalls } from "#linux";
import { handAsFirst, handIsHere, handSocket, workByHand } from "./by-hand.ts";
import type { ProcessConfig } from "./config.ts";
import { writePidFile } from "./create.ts";
import { messageOf, RuntimeError } from "./errors.ts";
import type { InitRequest } from "./init/request.ts";
import { launch, nodeAsFirst } from "./launch.ts";
import type { Machine } from "./machine.ts";
import { requireTerminal } from "./outer-terminal.ts";
import { receive, send } from "./protocol.ts";
import { type ContainerState, groupOf, loadState, specState, statusOf } from "./state.ts";
import { enterPrefix } from "./user-namespace.ts";
import { checkProcess } from "./validate.ts";

export interface ExecOptions {
  readonly root: string;
  readonly id: string;
  readonly process: ProcessConfig;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  readonly detach: boolean;
  readonly preserveFds: number;
  readonly ignorePaused?: boolean;
}

export interface Executed {
  readonly pid: number;
  readonly master: number | undefined;
  readonly child: ChildProcess;
}

/** Namespaces of the container's first process that are not ours, by path. */
function foreignNamespaces(pid: number): Map<NamespaceType, string> {
  const found = new Map<NamespaceType, string>();
  for (const [type, file] of Object.entries(namespaceFiles) as [NamespaceType, string][]) {
    const path = `/proc/${pid}/ns/${file}`;
    if (readlinkSync(path) !== readlinkSync(`/proc/self/ns/${file}`)) found.set(type, path);
  }
  return found;
}

function requestOf(
  machine: Machine,
  options: ExecOptions,
  state: ContainerState,
  namespaces: ReadonlyMap<NamespaceType, string>,
): InitRequest {
  const order: readonly NamespaceType[] = ["ipc", "uts", "network", "cgroup", "mount"];
  const join = order.flatMap((type) => {
    const path = namespaces.get(type);
    return path === undefined ? [] : [{ path, flag: namespaceFlags[type] }];
  });
  const { id, config, bundle, rootfs } = state;
  return {
    kind: "exec",
    id,
    config,
    process: options.process,
    bundle,
    rootfs,
    newNamespaces: 0,
    join,
    cgroupDoors: [],
    userNamespace: namespaces.has("user"),
    preserveFds: options.preserveFds,
    outsideHooks: false,
    newKeyring: false,
    noPivot: false,
    mappedMounts: [],
    lastCapability: machine.lastCapability,
    softNofile: machine.softNofile,
    hookState: specState(state, "running"),
    hasConsole: options.consoleSocket !== undefined,
  };
}

function check(options: ExecOptions, machine: Machine): ContainerState {
  const state = loadState(options.root, options.id);
  const status = statusOf(options.root, state);
  if (status === "stopped") throw new RuntimeError("cannot exec in a stopped container");
  if (status === "paused" && !options.ignorePaused)
    throw new RuntimeError("cannot exec in a paused container (use --ignore-paused to override)");
  checkProcess(options.process, machine.features);
  const terminal = options.process.terminal ?? false;
  if (terminal && options.detach && options.consoleSocket === undefined)
    throw new RuntimeError("cannot allocate tty if the runtime will detach without setting console socket");
  if (options.consoleSocket !== undefined && (!terminal || !options.detach))
    throw new RuntimeError("cannot use console socket if the runtime will not detach or allocate tty");
  if (terminal && !options.detach) requireTerminal();
  return state;
}

/** Joined from outside: the process itself may not be allowed to, and its group is the first one's, wherever that is. */
function joinGroup(machine: Machine, state: ContainerState, pid: number): void {
  for (const door of groupOf(state).doors()) {
    try {
      machine.syscalls.writeFile(door, `${pid}`);
    } catch (error) {
      if (!state.rootless) throw error;
    }
  }
}

export function exec(machine: Machine, options: ExecOptions): Executed {
  const { syscalls } = machine;
  const state = check(options, machine);
  const namespaces = foreignNamespaces(state.pid);
  const [user, time] = [namespaces.get("user"), namespaces.get("time")];
  // nsenter then starts the process as its child, and ends with its status.
  const forks = machine.rootless && user !== undefined;
  const prefix = enterPrefix({ user, time, pid: forks ? namespaces.get("pid") : undefined });
  // Through nsenter, too: a hand needs no file that whom the namespace makes of us might not read.
  const byHand = !forks && handIsHere(machine.rootless);
  const nothing = openSync("/dev/null", "r+");
  const [ours, theirs] = byHand ? handSocket(syscalls) : syscalls.socketPair();
  const console = options.consoleSocket === undefined ? undefined : syscalls.connectUnix(options.consoleSocket);
  const { pid: started, child } = launch(syscalls, {
    pidNamespace: forks ? undefined : namespaces.get("pid"),
    timeOffsets: undefined,
    prefix,
    stdio: [0, 1, 2],
    preserveFds: options.preserveFds,
    socket: theirs,
    fifo: nothing,
    console,
    program: byHand
      ? handAsFirst(syscalls, options.preserveFds, options.id)
      : nodeAsFirst(syscalls, machine.entry, { sayBorn: true, unmapped: false }),
  });
  for (const fd of [theirs, nothing, console]) if (fd !== undefined) closeSync(fd);
  try {
    // Once Node is up: its start is not the container's to pay for.
    const born = byHand ? undefined : receive(ours, syscalls);
    const pid = born?.type === "born" ? born.pid : started;
    joinGroup(machine, state, pid);
    if (options.process.oomScoreAdj !== undefined) syscalls.writeFile(`/proc/${pid}/oom_score_adj`, `${options.process.oomScoreAdj}`);
    const request = requestOf(machine, options, state, namespaces);
    const master = byHand ? workByHand(syscalls, ours, request, () => undefined) : converse(syscalls, ours, request);
    if (pid !== started && options.detach) process.kill(started, "SIGKILL");
    if (options.pidFile !== undefined) writePidFile(options.pidFile, pid);
    return { pid, master, child };
  } catch (error) {
    throw new RuntimeError(`exec failed: ${messageOf(error)}`, { cause: error });
  } finally {
    closeSync(ours);
  }
}

/** Answers the process until it is ready. */
function converse(syscalls: Syscalls, socket: number, request: InitRequest): number | undefined {
  send(socket, { type: "request", request });
  let master: number | undefined;
  for (;;) {
    const message = receive(socket, syscalls);
    if (message === undefined) throw new RuntimeError("unable to start container process: it ended before it was ready");
    if (message.type === "error") throw new RuntimeError(`unable to start container process: ${message.message}`);
    if (message.type === "terminal") master = syscalls.receiveDescriptor(socket).fd;
    if (message.type === "ready") return master;
  }
}

/** A process of the command line instead of a file: the container's own, with other arguments. */
export function processFromArgs(state: ContainerState, args: readonly string[], changes: Partial<ProcessConfig>): ProcessConfig {
  const base = state.config.process ?? { cwd: "/" };
  const { env = [], ...rest } = changes;
  return { ...base, terminal: false, ...rest, args, env: [...(base.env ?? []), ...env] };
}
