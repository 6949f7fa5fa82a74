// Input that a process never read: taken out of the way once the process has ended, so that containerd can say how it ended.
// Invariant: only the pipe of a process whose end containerd has announced is read, and only within a bound.
// Called by: compose/node.ts for every end of an exec. Next on the way: kubelet/streams, which waits for that outcome.
// containerd's CRI part waits for its own writer before it answers, the writer for room in the pipe, and the shim lets go of the pipe
// only afterwards. With upstream's kubelet, which passes bytes on, such an exec never returns.

import { constants, existsSync, open, readdirSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Clock, delay } from "#lib";
import { containerdPaths } from "./config.ts";

/** An ordinary end has removed its pipes by then. */
const graceMs = 500;
const boundMs = 60_000;
const isId = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** The pipe into a process that was started by exec, if it still exists. */
export function execInput(directory: string, containerId: string, execId: string): string | undefined {
  if (!isId(containerId) || !isId(execId)) return undefined;
  const folder = join(containerdPaths(directory).volatile, containerId, "io");
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((one) => join(folder, one, `${execId}-stdin`))
    .find((path) => existsSync(path));
}

/** Reads to the end and keeps nothing; resolves with how many bytes it were. */
async function discard(path: string, clock: Clock): Promise<number> {
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const pipe = new Socket({ fd, readable: true, writable: false });
  let bytes = 0;
  return new Promise((resolve) => {
    const bound = clock.after(boundMs, () => pipe.destroy());
    pipe.on("data", (part: Buffer) => {
      bytes += part.length;
    });
    pipe.on("error", () => undefined);
    pipe.once("close", () => {
      bound.cancel();
      resolve(bytes);
    });
  });
}

export interface EndedExec {
  readonly directory: string;
  readonly containerId: string;
  readonly execId: string;
  readonly clock: Clock;
}

export async function discardInput({ directory, containerId, execId, clock }: EndedExec): Promise<number> {
  await delay(clock, graceMs);
  const path = execInput(directory, containerId, execId);
  return path === undefined ? 0 : discard(path, clock);
}
