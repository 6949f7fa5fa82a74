// The kernel as typed functions: what a runtime asks of it, one method a system call (or a /proc file that stands for one).
// Invariant: everything synchronous and on the calling thread, since namespaces, capabilities and seccomp belong to a thread.
// Called by: runtime/, through openSyscalls() or a recording double. Next on the way: mounting.ts, process.ts, sockets.ts.

import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { type MountCalls, mountCalls } from "./mounting.ts";
import { type ProcessCalls, processCalls } from "./process.ts";
import { openRawCall, type RawCall } from "./raw.ts";
import { type SecurityCalls, securityCalls } from "./security.ts";
import { type SocketCalls, socketCalls } from "./sockets.ts";

export interface FileCalls {
  /** Whole files of /proc, /sys and control groups; also descriptors. */
  readFile(path: string): string;
  /** Writes into a file that exists. */
  writeFile(path: string, text: string): void;
  close(fd: number): void;
}

export interface Syscalls extends FileCalls, MountCalls, ProcessCalls, SecurityCalls, SocketCalls {}

const fileCalls: FileCalls = {
  readFile: (path) => readFileSync(path, "utf8"),
  writeFile: (path, text) => writeFileSync(path, text, { flag: "r+" }),
  close: (fd) => closeSync(fd),
};

export function syscallsOver(raw: RawCall): Syscalls {
  return { ...fileCalls, ...mountCalls(raw), ...processCalls(raw), ...securityCalls(raw), ...socketCalls(raw) };
}

/** The real ones. Fails where node:ffi does not answer as it should. */
export function openSyscalls(): Syscalls {
  return syscallsOver(openRawCall());
}
