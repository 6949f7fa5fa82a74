// `start`: writes into the FIFO that a created container waits at.
// Invariant: once, and only a created one; the FIFO is gone before anybody is told that the container runs.
// Called by: cli/, run.ts. Next on the way: kill.ts.

import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs";
import { RuntimeError } from "./errors.ts";
import { hasHooks, runHooks } from "./hooks.ts";
import { fifoPath, loadState, specState, statusOf } from "./state.ts";

/** `hold`: the program begins when this process has ended, unless hooks are to see it run. */
export function start(root: string, id: string, hold?: (fifo: number) => void): void {
  const state = loadState(root, id);
  const status = statusOf(root, state);
  if (status === "stopped") throw new RuntimeError("cannot start a container that has stopped");
  if (status !== "created") throw new RuntimeError(`cannot start an already running container`);
  if (!state.config.process) throw new RuntimeError("cannot start a container without a process");
  const path = fifoPath(root, id);
  const fifo = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const held = hold !== undefined && !hasHooks(state.config, "poststart");
  if (held) hold(fifo);
  rmSync(path, { force: true });
  writeSync(fifo, "0");
  if (held) return;
  closeSync(fifo);
  try {
    runHooks(state.config, "poststart", specState(state, "running"));
  } catch (error) {
    process.kill(state.pid, "SIGKILL");
    throw error;
  }
}
