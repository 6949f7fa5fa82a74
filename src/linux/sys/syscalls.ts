// The kernel as typed functions: what a runtime asks of it, one method a system call (or a /proc file that stands for one).
// Invariant: everything synchronous and on the calling thread, since namespaces, capabilities and seccomp belong to a thread.
// Called by: runtime/, through openSyscalls() or a recording double. Next on the way: mounting.ts, process.ts, sockets.ts.

import { type FileCalls, fileCalls } from "./files.ts";
import { type MountCalls, mountCalls } from "./mounting.ts";
import { type ProcessCalls, processCalls } from "./process.ts";
import { openRawCall, type RawCall } from "./raw.ts";
import { type SecurityCalls, securityCalls } from "./security.ts";
import { type SocketCalls, socketCalls } from "./sockets.ts";

export interface Together {
  /** Calls whose answers nobody looks at: made in order, the first that fails is thrown. In another process they travel as one. */
  together(calls: () => void): void;
}

export interface Syscalls extends Together, FileCalls, MountCalls, ProcessCalls, SecurityCalls, SocketCalls {}

export function syscallsOver(raw: RawCall, together: Together["together"] = (calls) => calls()): Syscalls {
  return { together, ...fileCalls(raw), ...mountCalls(raw), ...processCalls(raw), ...securityCalls(raw), ...socketCalls(raw) };
}

/** The real ones. Fails where node:ffi does not answer as it should. */
export function openSyscalls(): Syscalls {
  return syscallsOver(openRawCall());
}
