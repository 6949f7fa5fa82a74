// `kill`, `pause`, `resume`, `delete`: a container's end, and its breaks.
// Invariant: a signal goes only to the process that is meant, known by its start time; nothing of a deleted container stays.
// Called by: cli/, run.ts. Next on the way: exec.ts.

import { constants } from "node:os";
import { isErrno, type Syscalls } from "#linux";
import { RuntimeError } from "./errors.ts";
import { runEndHooks } from "./hooks.ts";
import { pause as wait } from "./machine.ts";
import { type ContainerState, groupOf, isAlive, loadState, removeState, specState, statusOf } from "./state.ts";

const lastSignal = 64;
const SIGKILL = 9;

/** "KILL", "SIGKILL", "sigkill" and "9" are one signal; real-time signals are counted from both ends. */
export function signalNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/u.test(text)) {
    if (number > lastSignal) throw new RuntimeError(`unknown signal ${JSON.stringify(text)}`);
    return number;
  }
  const name = text.toUpperCase().replace(/^(?:SIG)?/u, "SIG");
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/u.exec(name);
  if (realTime) return (realTime[1] === "MIN" ? 34 : lastSignal) + Number(`${realTime[2] ?? "+"}${realTime[3] ?? 0}`);
  const known = constants.signals as Readonly<Record<string, number>>;
  if (!Object.hasOwn(known, name)) throw new RuntimeError(`unknown signal ${JSON.stringify(text)}`);
  return known[name]!;
}

function signalInit(syscalls: Syscalls, state: ContainerState, signal: number): void {
  let pidfd: number;
  try {
    pidfd = syscalls.pidfdOpen(state.pid);
  } catch (error) {
    if (isErrno(error, "ESRCH")) throw new RuntimeError("container not running");
    throw error;
  }
  try {
    // The descriptor stays with its process; if the start time still fits now, it is the right one.
    if (!isAlive(state)) throw new RuntimeError("container not running");
    syscalls.pidfdSendSignal(pidfd, signal);
  } catch (error) {
    if (isErrno(error, "ESRCH")) throw new RuntimeError("process already finished");
    throw error;
  } finally {
    syscalls.close(pidfd);
  }
}

function signalAll(syscalls: Syscalls, state: ContainerState, signal: number): void {
  for (const pid of groupOf(state).pids()) {
    try {
      syscalls.kill(pid, signal);
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error;
    }
  }
}

export function kill(syscalls: Syscalls, root: string, id: string, signal: number, all: boolean): void {
  const state = loadState(root, id);
  if (all) {
    signalAll(syscalls, state, signal);
    return;
  }
  const status = statusOf(root, state);
  if (status === "stopped") throw new RuntimeError("container not running");
  signalInit(syscalls, state, signal);
  // A frozen process dies when it is thawed.
  if (signal === SIGKILL && status === "paused") groupOf(state).freeze(false, wait);
}

export function pauseContainer(root: string, id: string, frozen: boolean): void {
  const state = loadState(root, id);
  const status = statusOf(root, state);
  if (frozen && status !== "running" && status !== "created") throw new RuntimeError(`container not running or created: ${status}`);
  if (!frozen && status !== "paused") throw new RuntimeError("container not paused");
  groupOf(state).freeze(frozen, wait);
}

function awaitEnd(syscalls: Syscalls, state: ContainerState): void {
  for (let attempt = 0; isAlive(state); attempt++) {
    if (attempt === 5000) throw new RuntimeError("container init still running");
    wait();
    if (attempt % 100 === 99) signalAll(syscalls, state, SIGKILL);
  }
}

export function remove(syscalls: Syscalls, root: string, id: string, force: boolean): void {
  let state: ContainerState;
  try {
    state = loadState(root, id);
  } catch (error) {
    // One that never became a container may have left its folder.
    if (!force) throw error;
    removeState(root, id);
    return;
  }
  const group = groupOf(state);
  const status = statusOf(root, state, group);
  if (status !== "stopped") {
    if (!force && status !== "created") throw new RuntimeError(`cannot delete container ${id} that is not stopped: ${status}`);
    if (status === "paused") group.freeze(false, wait);
    if (isAlive(state)) signalInit(syscalls, state, SIGKILL);
    awaitEnd(syscalls, state);
  }
  // Without a PID namespace of its own the first process takes nobody with it.
  signalAll(syscalls, state, SIGKILL);
  group.remove(wait);
  removeState(root, id);
  runEndHooks(state.config, specState(state, "stopped"));
}
