// `create`: a place in the state folder, a control group, a first process in its namespaces; hooks of the outside in between.
// Invariant: what fails half-way leaves nothing behind: no process, no group, no folder. The pid file is the last thing to appear.
// Called by: cli/, run.ts. Next on the way: launch.ts, then init/create.ts on the other side; start.ts lets it go.

import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { AT_FDCWD, namespaceFlags, type NamespaceType, processStartTime, type Syscalls } from "#linux";
import { handAsFirst, handSocket, isForHand, workByHand } from "./by-hand.ts";
import { type Config, parseExactJson } from "./config.ts";
import { defaultDeviceRules } from "./device-rules.ts";
import { messageOf, RuntimeError } from "./errors.ts";
import { hasHooks, runEndHooks, runHooks } from "./hooks.ts";
import type { InitRequest } from "./init/request.ts";
import { launch, nodeAsFirst } from "./launch.ts";
import { type Machine, pause } from "./machine.ts";
import { mappedMounts } from "./mapped-mounts.ts";
import { requireTerminal } from "./outer-terminal.ts";
import { receive, send } from "./protocol.ts";
import { checkId, claimFolder, type ContainerState, fifoPath, groupOf, removeState, saveState, specState } from "./state.ts";
import { mapUser, userPrefix } from "./user-namespace.ts";
import { namespacesOf, validate } from "./validate.ts";

export interface CreateOptions {
  readonly root: string;
  readonly id: string;
  readonly bundle: string;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  /** Whoever calls stays and takes the terminal itself. */
  readonly attached: boolean;
  readonly preserveFds: number;
  readonly newKeyring: boolean;
  readonly noPivot: boolean;
}

export interface Created {
  readonly state: ContainerState;
  /** The terminal, where whoever calls wants it. */
  readonly master: number | undefined;
  /** Whose end is the container's, for whoever stays. */
  readonly child: ChildProcess;
}

export function readConfig(bundle: string): Config {
  const path = join(bundle, "config.json");
  try {
    return parseExactJson(readFileSync(path, "utf8")) as Config;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new RuntimeError(`JSON specification file ${path} not found`);
    throw new RuntimeError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Time and user namespaces are not in this list: they are there before the process is. */
function namespacePlan(namespaces: ReadonlyMap<NamespaceType, string>): Pick<InitRequest, "newNamespaces" | "join"> {
  const later: readonly NamespaceType[] = ["ipc", "uts", "network", "cgroup", "mount"];
  let newNamespaces = 0;
  const toJoin: { path: string; flag: number }[] = [];
  for (const type of later) {
    const path = namespaces.get(type);
    if (path === "") newNamespaces |= namespaceFlags[type];
    else if (path !== undefined) toJoin.push({ path, flag: namespaceFlags[type] });
  }
  return { newNamespaces, join: toJoin };
}

function timeOffsets(config: Config): readonly string[] | undefined {
  if (namespacesOf(config.linux).get("time") !== "") return undefined;
  return Object.entries(config.linux?.timeOffsets ?? {}).map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}`);
}

function checkConsole(options: CreateOptions, config: Config): void {
  const terminal = config.process?.terminal ?? false;
  if (terminal && options.consoleSocket === undefined && !options.attached)
    throw new RuntimeError("cannot allocate tty if the runtime will detach without setting console socket");
  if (options.consoleSocket !== undefined && (!terminal || options.attached))
    throw new RuntimeError("cannot use console socket if the runtime will not detach or allocate tty");
  if (terminal && options.attached) requireTerminal();
}

export function create(machine: Machine, options: CreateOptions): Created {
  checkId(options.id);
  const bundle = resolve(options.bundle);
  const config = readConfig(bundle);
  validate(config, machine.features);
  checkConsole(options, config);
  const rootfs = rootfsOf(bundle, config);
  claimFolder(options.root, options.id);
  const state: ContainerState = {
    id: options.id,
    bundle,
    rootfs,
    config,
    pid: -1,
    startTime: "",
    rootless: machine.rootless,
    created: new Date(machine.nowMs()).toISOString(),
    owner: ownName(),
    cgroupsPath: config.linux?.cgroupsPath || options.id,
  };
  try {
    return createIn(machine, options, state);
  } catch (error) {
    try {
      groupOf(state).remove(pause);
    } catch {
      // The reason of the failure matters more.
    }
    removeState(options.root, options.id);
    runEndHooks(config, specState(state, "stopped"));
    throw error;
  }
}

/** A user without a line in /etc/passwd has only a number. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.() ?? ""}`;
  }
}

function rootfsOf(bundle: string, config: Config): string {
  const path = resolve(bundle, config.root?.path ?? "");
  try {
    return realpathSync(path);
  } catch (error) {
    throw new RuntimeError(`invalid rootfs: ${messageOf(error)}`, { cause: error });
  }
}

function makeGroup(machine: Machine, state: ContainerState): readonly string[] {
  const group = groupOf(state);
  const resources = state.config.linux?.resources ?? {};
  const rules = [...(resources.devices ?? []), ...defaultDeviceRules];
  try {
    group.create();
    group.apply({ ...resources, devices: rules }, machine.syscalls);
    return group.doors();
  } catch (error) {
    // Without rights a container may run uncounted, but not with limits nobody keeps.
    if (!state.rootless || Object.keys(resources).some((key) => key !== "devices")) throw error;
    return [];
  }
}

function createIn(machine: Machine, options: CreateOptions, state: ContainerState): Created {
  const { syscalls } = machine;
  const { config } = state;
  const doors = makeGroup(machine, state);
  const fifoFile = fifoPath(options.root, options.id);
  syscalls.mknodat(AT_FDCWD, fifoFile, 0o010600, 0n);
  const fifo = openSync(fifoFile, "r+");
  const byHand = isForHand(config, machine.rootless);
  const [ours, theirs] = byHand ? handSocket(syscalls) : syscalls.socketPair();
  const console = options.consoleSocket === undefined ? undefined : syscalls.connectUnix(options.consoleSocket);
  const mapped = mappedMounts(syscalls, config);
  const namespaces = namespacesOf(config.linux);
  const user = userPrefix(namespaces);
  const pid = namespaces.get("pid");
  const launched = launch(syscalls, {
    pidNamespace: pid === "" ? (user.forks ? undefined : "new") : pid,
    timeOffsets: timeOffsets(config),
    prefix: user.prefix,
    stdio: [0, 1, 2],
    preserveFds: options.preserveFds,
    socket: theirs,
    fifo,
    console,
    more: mapped.map(({ namespace }) => namespace),
    program: byHand
      ? handAsFirst(syscalls, options.preserveFds, options.id)
      : nodeAsFirst(syscalls, machine.entry, { sayBorn: user.isNew, unmapped: user.isNew }),
  });
  for (const fd of [theirs, fifo, console, ...mapped.map(({ namespace }) => namespace)]) if (fd !== undefined) closeSync(fd);
  const child = launched.pid;
  let first = child;
  try {
    if (user.isNew) first = mapUser(syscalls, ours, config, child);
    const request = requestOf(machine, options, state, {
      // Node joins when it is up, as its own act, lest its start be counted; a hand weighs nothing.
      doors: user.isNew || byHand ? joinFromOutside(doors, first) : doors,
      pid: first,
      mappedMounts: mapped.map(({ mount }) => mount),
    });
    const oomScoreAdj = config.process?.oomScoreAdj;
    if (oomScoreAdj !== undefined) syscalls.writeFile(`/proc/${first}/oom_score_adj`, `${oomScoreAdj}`);
    const known = { ...state, pid: first };
    const master = byHand ? workByHand(syscalls, ours, request, () => outsideHooks(known)) : converse(syscalls, ours, known, request);
    // It waits for the first process, whose status nobody else would see then.
    if (first !== child && !options.attached) process.kill(child, "SIGKILL");
    const created = { ...state, pid: first, startTime: processStartTime(first) ?? "" };
    saveState(options.root, created);
    if (options.pidFile !== undefined) writePidFile(options.pidFile, first);
    return { state: created, master, child: launched.child };
  } catch (error) {
    for (const one of new Set([child, first])) tryKill(one);
    throw error;
  } finally {
    closeSync(ours);
  }
}

function joinFromOutside(doors: readonly string[], pid: number): readonly string[] {
  for (const door of doors) writeFileSync(door, `${pid}`);
  return [];
}

function requestOf(
  machine: Machine,
  options: CreateOptions,
  state: ContainerState,
  { doors, pid, mappedMounts }: { doors: readonly string[]; pid: number; mappedMounts: readonly number[] },
): InitRequest {
  const { config, id, bundle, rootfs } = state;
  const namespaces = namespacesOf(config.linux);
  return {
    kind: "create",
    id,
    config,
    process: config.process,
    bundle,
    rootfs,
    cgroupDoors: doors,
    ...namespacePlan(namespaces),
    userNamespace: namespaces.has("user"),
    preserveFds: options.preserveFds,
    outsideHooks: hasHooks(config, "prestart", "createRuntime"),
    newKeyring: options.newKeyring,
    noPivot: options.noPivot,
    mappedMounts,
    lastCapability: machine.lastCapability,
    softNofile: machine.softNofile,
    hookState: specState({ ...state, pid }, "creating"),
    hasConsole: options.consoleSocket !== undefined,
  };
}

function outsideHooks(state: ContainerState): void {
  runHooks(state.config, "prestart", specState(state, "creating"));
  runHooks(state.config, "createRuntime", specState(state, "creating"));
}

/** Tells the first process all it must know, and answers it until it is ready. */
function converse(syscalls: Syscalls, socket: number, state: ContainerState, request: InitRequest): number | undefined {
  send(socket, { type: "request", request });
  let master: number | undefined;
  for (;;) {
    const message = receive(socket, syscalls);
    if (message === undefined) throw new RuntimeError("unable to start container process: it ended before it was ready");
    if (message.type === "ready") return master;
    if (message.type === "terminal") master = syscalls.receiveDescriptor(socket).fd;
    else if (message.type === "hooks") {
      outsideHooks(state);
      send(socket, { type: "go" });
    } else if (message.type === "error") throw new RuntimeError(`unable to start container process: ${message.message}`);
  }
}

export function writePidFile(path: string, pid: number): void {
  writeFileSync(`${path}.new`, `${pid}`);
  renameSync(`${path}.new`, path);
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
