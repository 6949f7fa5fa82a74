// A caller's streams joined with a process's, until the process has ended or the caller has gone.
// Invariant: all output and then the outcome reach the caller before goodbye; no side outlives the other; every buffer is a stream's own bound.
// Called by: process.ts. Next on the way: the runtime's process.

import { finished } from "node:stream/promises";
import type { Readable, Writable } from "node:stream";
import type { ProcessStreams } from "#cri";
import type { Clock, Timer } from "#lib";
import type { ClientStreams } from "./client.ts";

/** As long as upstream lets a session without a byte live. */
export const idleMs = 4 * 60 * 60_000;
const outcomeLimitBytes = 64 * 1024;
/** Output that is still in the pipes when the outcome is known; a caller that does not read is not waited for longer. */
const drainMs = 60_000;

const lost = {
  metadata: {},
  status: "Failure",
  message: "the connection to the container runtime was lost",
  reason: "InternalError",
  code: 500,
};

/** Resolves when `from` has ended and `to` has taken it all, or when either is gone. */
async function carried(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from) return to?.end() && undefined;
  if (!to) {
    from.resume();
    return finished(from, { writable: false }).catch(() => undefined);
  }
  from.pipe(to);
  await Promise.race([finished(to, { readable: false }).catch(() => undefined), finished(from, { writable: false }).catch(() => to.end())]);
  await finished(to, { readable: false }).catch(() => undefined);
}

async function outcome(error: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of error as AsyncIterable<Buffer>) {
      length += part.length;
      if (length <= outcomeLimitBytes) parts.push(part);
    }
  } catch {
    // Cut off: what came is all there is.
  }
  return length === 0 ? Buffer.from(JSON.stringify(lost)) : Buffer.concat(parts);
}

/** Calls `idle` once nothing has passed for `idleMs`. */
function guardIdle(clock: Clock, streams: readonly (Readable | undefined)[], idle: () => void): { cancel(): void } {
  let lastMs = clock.monotonicMs();
  let timer: Timer;
  const touch = (): void => {
    lastMs = clock.monotonicMs();
  };
  for (const stream of streams) stream?.on("data", touch);
  const look = (afterMs: number): Timer =>
    clock.after(afterMs, () => {
      const leftMs = lastMs + idleMs - clock.monotonicMs();
      if (leftMs <= 0) idle();
      else timer = look(leftMs);
    });
  timer = look(idleMs);
  return { cancel: () => timer.cancel() };
}

export async function joinStreams(client: ClientStreams, process: ProcessStreams, clock: Clock): Promise<void> {
  const end = (): void => {
    client.close();
    process.close();
  };
  if (client.stdin && process.stdin) client.stdin.pipe(process.stdin);
  else client.stdin?.resume();
  if (client.resize && process.resize) client.resize.pipe(process.resize);
  else client.resize?.resume();
  const result = outcome(process.error);
  const output = Promise.all([carried(process.stdout, client.stdout), carried(process.stderr, client.stderr)]);
  const idle = guardIdle(clock, [client.stdin, process.stdout, process.stderr], end);
  const gone = client.gone.then(() => "gone" as const);
  try {
    const first = await Promise.race([result, gone]);
    if (first === "gone") return;
    let timer: Timer | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = clock.after(drainMs, resolve);
    });
    await Promise.race([output, gone, bound]);
    timer?.cancel();
    client.error.end(first);
    await Promise.race([finished(client.error, { readable: false }).catch(() => undefined), gone]);
  } finally {
    idle.cancel();
    end();
  }
}
