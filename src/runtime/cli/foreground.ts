// Staying with a process until it ends: its signals and terminal pass through us, its exit status becomes ours.
// Invariant: the terminal of the caller is put back as it was; a signal we get is its signal.
// Called by: cli/commands.ts for `run` and `exec` that are not detached. Next on the way: none.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { constants } from "node:os";
import { ReadStream, type WriteStream } from "node:tty";
import { isErrno, processStartTime } from "#linux";
import { isAlive } from "../state.ts";

const forwarded: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];
/** How long output of others on the terminal is waited for after its process has ended. */
const drainMs = 1000;

export interface Foreground {
  readonly pid: number;
  readonly master: number | undefined;
  readonly child: ChildProcess;
  readonly resize: (master: number, rows: number, columns: number) => void;
}

interface Passing {
  readonly ended: Promise<unknown>;
  readonly restore: () => void;
}

function passTerminal(master: number, resize: Foreground["resize"]): Passing {
  const input = process.stdin as ReadStream;
  const output = process.stdout as WriteStream;
  const raw = input.isTTY;
  if (raw) input.setRawMode(true);
  const fit = (): void => (output.isTTY ? resize(master, output.rows, output.columns) : undefined);
  fit();
  output.on("resize", fit);
  const fromContainer = new ReadStream(master);
  input.on("data", (chunk: Buffer) => {
    try {
      writeSync(master, chunk);
    } catch (error) {
      if (!isErrno(error, "EIO", "EAGAIN")) throw error;
    }
  });
  // A terminal whose last user has gone answers with an error: that is its end.
  const ended = new Promise<void>((resolve) => fromContainer.once("close", resolve));
  fromContainer.on("error", () => fromContainer.destroy()).on("data", (chunk) => void output.write(chunk));
  return {
    ended,
    restore: () => {
      if (raw) input.setRawMode(false);
      input.pause();
      output.off("resize", fit);
    },
  };
}

export async function stayWith({ pid, master, child, resize }: Foreground): Promise<number> {
  const startTime = processStartTime(pid) ?? "";
  const forward = (signal: NodeJS.Signals): void => {
    if (isAlive({ pid, startTime })) process.kill(pid, signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  const passing = master === undefined ? undefined : passTerminal(master, resize);
  try {
    child.ref();
    const [code, signal] =
      child.exitCode !== null || child.signalCode !== null
        ? [child.exitCode, child.signalCode]
        : ((await once(child, "exit")) as [number | null, NodeJS.Signals | null]);
    const bound = new Promise((resolve) => setTimeout(resolve, drainMs).unref());
    if (passing) await Promise.race([passing.ended, bound]);
    return code ?? 128 + (signal ? constants.signals[signal] : 0);
  } finally {
    passing?.restore();
    for (const signal of forwarded) process.off(signal, forward);
  }
}
