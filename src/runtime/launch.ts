// Puts the first process into its PID namespace: a hand or a second Node, started by this one, process 1 from its first instruction.
// Invariant: Node cannot move itself (it has threads), so its child moves: this process only chooses where children are born, and chooses back.
// Called by: create.ts, exec.ts, in a short-lived process that does nothing else. Next on the way: init/index.ts, the other side.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { AT_FDCWD, isErrno, mountAttributes, namespaceFlags, type Syscalls } from "#linux";
import { RuntimeError } from "./errors.ts";

export interface LaunchRequest {
  /** "new": a PID namespace of its own; a path: that one; undefined: ours. */
  readonly pidNamespace: string | undefined;
  /** A time namespace of its own with these lines of timens_offsets. */
  readonly timeOffsets: readonly string[] | undefined;
  /** Programs of util-linux that go before: a user or time namespace takes only processes with one thread. */
  readonly prefix: readonly string[];
  /** Descriptors for 0, 1, 2. */
  readonly stdio: readonly [number, number, number];
  /** Kept at the same numbers from 3 on. */
  readonly preserveFds: number;
  /** The socket of protocol.ts. */
  readonly socket: number;
  /** What a created container waits at. */
  readonly fifo: number;
  /** A connected console socket. */
  readonly console?: number | undefined;
  /** More descriptors, after all others. */
  readonly more?: readonly number[];
  readonly program: FirstProgram;
}

/** What the first process is until it becomes the container's program. */
export interface FirstProgram {
  /** The executable; closed when it has been started. */
  readonly fd: number;
  readonly argv0?: string;
  /** By the number of its socket. */
  readonly words: (socket: number) => readonly string[];
}

export interface NodeOptions {
  /** Is to say when it is up, before it is told anything. */
  readonly sayBorn: boolean;
  /** Is nobody in its user namespace yet: whoever creates must be able to map it through /proc. */
  readonly unmapped: boolean;
}

export function nodeAsFirst(syscalls: Syscalls, entry: readonly string[], { sayBorn, unmapped }: NodeOptions): FirstProgram {
  const birth = unmapped ? ["--unmapped"] : sayBorn ? ["--say-born"] : [];
  return { fd: protectedNode(syscalls), words: (socket) => [...nodeFlags, ...entry, "init", `${socket}`, ...birth] };
}

const nodeFlags = ["--disable-proto=delete", "--no-warnings", "--max-semi-space-size=1"];

/**
 * Node itself, seen through a read-only mount that nobody else has: what runs inside finds it at /proc/PID/exe for a moment,
 * and must not be able to write into it. Without the right to make mounts there is no other user's Node to protect.
 */
function protectedNode(syscalls: Syscalls): number {
  try {
    const tree = syscalls.openTree(AT_FDCWD, process.execPath, { recursive: false });
    syscalls.mountSetattr(tree, { set: mountAttributes.readonly });
    return tree;
  } catch (error) {
    if (isErrno(error, "EPERM")) return openSync(process.execPath, "r");
    throw error;
  }
}

export interface Launched {
  readonly pid: number;
  readonly child: ChildProcess;
}

export function launch(syscalls: Syscalls, request: LaunchRequest): Launched {
  const own = openSync("/proc/self/ns/pid", "r");
  const { program, prefix } = request;
  const { pidNamespace, timeOffsets, preserveFds } = request;
  if (pidNamespace === "new") syscalls.unshare(namespaceFlags.pid);
  else if (pidNamespace !== undefined) joinPid(syscalls, pidNamespace);
  if (timeOffsets) {
    syscalls.unshare(namespaceFlags.time);
    if (timeOffsets.length > 0) syscalls.writeFile("/proc/self/timens_offsets", `${timeOffsets.join("\n")}\n`);
  }
  const kept = Array.from({ length: preserveFds }, (_none, index) => 3 + index);
  const first = 3 + preserveFds;
  const command = [...prefix, `/proc/self/fd/${first + 1}`, ...program.words(first)];
  try {
    const child = spawn(command[0]!, command.slice(1), {
      stdio: [
        ...request.stdio,
        ...kept,
        request.socket,
        program.fd,
        request.fifo,
        ...(request.console === undefined ? [] : [request.console]),
        ...(request.more ?? []),
      ],
      ...(program.argv0 === undefined ? {} : { argv0: program.argv0 }),
      env: {},
      cwd: "/",
    });
    child.on("error", () => undefined);
    if (child.pid === undefined) throw new RuntimeError(`unable to start the container's first process: ${command[0]}`);
    child.unref();
    return { pid: child.pid, child };
  } finally {
    if (pidNamespace !== undefined) syscalls.setns(own, namespaceFlags.pid);
    closeSync(own);
    closeSync(program.fd);
  }
}

function joinPid(syscalls: Syscalls, path: string): void {
  const fd = openSync(path, "r");
  try {
    syscalls.setns(fd, namespaceFlags.pid);
  } finally {
    closeSync(fd);
  }
}
