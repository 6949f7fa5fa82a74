// A bug of a verb: told by a short id, its stack kept in a file under that id.
// Invariant: nobody is shown a stack; the file is bounded, and a place that cannot be written is no second failure.
// Called by: index.ts, for whatever nobody expected. Next on the way: a person opens the file, or pastes it.

import { appendFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { rfc3339, systemClock, systemPrng } from "#lib";

const bytesKept = 1024 * 1024;

export function keepBug(env: NodeJS.ProcessEnv, error: unknown, message: string): string {
  const id = Buffer.from(systemPrng().bytes(4)).toString("hex");
  const home = env["DHOW_HOME"] ?? join(homedir(), ".dhow");
  const file = join(home, "bugs.log");
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > bytesKept) rmSync(file);
    appendFileSync(file, `${rfc3339(systemClock().nowMs())} ${id} ${stack}\n\n`, { mode: 0o600 });
    return `this is a bug of dhow: ${message.split("\n")[0]} (${id}); the trace is in ${file} under that id`;
  } catch {
    return `this is a bug of dhow: ${message.split("\n")[0]} (${id}); its trace could not be kept in ${file}`;
  }
}
