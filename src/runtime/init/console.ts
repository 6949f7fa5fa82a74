// The container's terminal: made inside, by its own devpts; the side to write to goes out through a socket.
// Invariant: the terminal is reached by descriptors alone; what a link at /dev/console or /dev/ptmx leads to cannot be another's.
// Called by: create.ts, exec.ts of init/. Next on the way: identity.ts.

import { openFlags, type Syscalls } from "#linux";
import type { ProcessConfig } from "../config.ts";
import { RuntimeError } from "../errors.ts";
import type { Inside } from "./inside.ts";
import type { InitContext } from "./request.ts";

const multiplexer = 0x502; // c 5:2

export function openTerminal(context: InitContext, inside: Inside, process: ProcessConfig): { master: number; slave: number } {
  const { syscalls } = context;
  const master = inside.open("dev/ptmx", openFlags.readWrite);
  if (syscalls.status(master).device !== multiplexer) throw new RuntimeError("/dev/ptmx of the container is not a terminal multiplexer");
  syscalls.unlockTerminal(master);
  const slave = syscalls.openTerminalPeer(master);
  const { height = 0, width = 0 } = process.consoleSize ?? {};
  if (height > 0 && width > 0) syscalls.setTerminalSize(master, height, width);
  return { master, slave };
}

/** /dev/console is the container's terminal. */
export function mountConsole(syscalls: Syscalls, inside: Inside, slave: number): void {
  inside.with(syscalls.openTree(slave, "", { recursive: false }), (tree) =>
    inside.with(consoleFile(syscalls, inside), (target) => syscalls.moveMount(tree, target)),
  );
}

function consoleFile(syscalls: Syscalls, inside: Inside): number {
  const plain = inside.tryOpen("dev/console", openFlags.pathNoFollow);
  if (plain === undefined) return inside.makeFile("dev/console");
  if (syscalls.status(plain).type === "link") throw new RuntimeError("/dev/console of the container is a link");
  return plain;
}

export function handOver({ syscalls, console, giveTerminal }: InitContext, master: number): void {
  if (console === undefined) giveTerminal(master);
  else syscalls.sendDescriptor(console, master, "/dev/ptmx");
  syscalls.close(master);
  if (console !== undefined) syscalls.close(console);
}

export function takeTerminal(syscalls: Syscalls, slave: number): void {
  syscalls.makeControllingTerminal(slave);
  for (const fd of [0, 1, 2]) syscalls.duplicateTo(slave, fd);
  syscalls.close(slave);
}
