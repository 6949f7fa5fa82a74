// A container in eight system calls: from a process that is process 1 of its pid namespace to a program that sees another machine.
// Invariant: nothing is undone: the last call makes this process the program, and what it can no longer see it cannot get back.
// Called by: container.ts, eight.test.ts (by the double, without root). Next on the way: src/runtime/init/, which needs some forty more.

import { namespaceFlags, type Syscalls } from "#linux";

/** Of <sys/mount.h>. */
const MS_BIND = 4096;
const MS_REC = 16384;
const MS_PRIVATE = 1 << 18;

export function enter(kernel: Syscalls, rootfs: string, program: readonly string[]): void {
  const { mount, uts, ipc, network } = namespaceFlags;
  kernel.unshare(mount | uts | ipc | network);
  // What is mounted from here on must not be seen outside.
  kernel.mount("none", "/", "", MS_REC | MS_PRIVATE, "");
  // pivot_root takes a mount, not a folder.
  kernel.mount(rootfs, rootfs, "", MS_BIND | MS_REC, "");
  kernel.chdir(rootfs);
  kernel.pivotRootHere();
  // The old root lies upon the new one.
  kernel.unmountDetached(".");
  kernel.mount("proc", "/proc", "proc", 0, "");
  kernel.execve(program[0]!, program, ["PATH=/bin"]);
}
