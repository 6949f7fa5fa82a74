// Whoever stays with a process that has a terminal must be at one: what the process writes goes there, what is typed there goes to it.
// Invariant: asked before anything of the container exists; node:tty is loaded only when a terminal is wanted.
// Called by: create.ts, exec.ts. Next on the way: cli/foreground.ts, which passes one on to the other.

import { closeSync, openSync } from "node:fs";
import { isErrno } from "#linux";
import { RuntimeError } from "./errors.ts";

/** One of the three is enough, and so is the controlling terminal when all three lead elsewhere. */
export function requireTerminal(): void {
  const { isatty } = process.getBuiltinModule("node:tty");
  if ([0, 1, 2].some((fd) => isatty(fd))) return;
  try {
    closeSync(openSync("/dev/tty", "r"));
  } catch (error) {
    if (isErrno(error, "ENXIO", "ENOENT", "ENODEV", "EACCES"))
      throw new RuntimeError("open /dev/tty: no such device or address", { cause: error });
    throw error;
  }
}
