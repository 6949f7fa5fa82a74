// dhow's own verbs: the command line a person types.
// Invariant: exit codes are 0 done, 1 failed, 2 wrong use, 130 interrupted; a user's mistake never shows a stack.
// Called by: cmd/main.ts. Next on the way: program.ts, then one file per verb.

import type { Launcher } from "#compose";
import { systemClock } from "#lib";
import { CliError, exitCodes, type Io } from "./io.ts";
import { program, WrongUse } from "./program.ts";

/** Failures of compose that are the user's to read. By name: asking by class would load compose for `--help` too. */
const told: readonly string[] = ["StateError", "LockedError", "UpFailed", "KubeconfigError", "TransportError"];

/** The machine said no (no such file, no permission): its own words name the call and the path. */
function isEnvironment(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && "code" in error;
}

/** A bug of ours: a short id for the person, the stack under that id in a file. */
async function bugReport(io: Io, error: unknown, message: string): Promise<string> {
  const { keepBug } = await import("./bug.ts");
  return keepBug(io.env, error, message);
}

export async function main(argv: readonly string[], entry: string): Promise<number> {
  const launcher: Launcher = { execPath: process.execPath, execArgv: process.execArgv, main: entry };
  const io: Io = {
    env: process.env,
    clock: systemClock(),
    launcher,
    tty: process.stdout.isTTY === true && process.env["CI"] === undefined && process.env["NO_COLOR"] === undefined,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
  };
  // `dhow … | head`, a terminal that was closed: whoever reads no more is told no more; what was begun is still finished and cleared away.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && !(error.code === "EIO" && stream.isTTY)) throw error;
    });
  try {
    return await program(io, argv);
  } catch (error) {
    if (error instanceof WrongUse) return error.exitCode;
    const message = error instanceof Error ? error.message : String(error);
    const ours = error instanceof CliError || (error instanceof Error && told.includes(error.name)) || isEnvironment(error);
    io.err(`dhow: ${ours ? message : await bugReport(io, error, message)}`);
    return error instanceof CliError ? error.exitCode : exitCodes.failed;
  }
}
