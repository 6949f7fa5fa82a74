// What strace wrote, as calls with a beginning and an end.
// Invariant: a call that another thread interrupted is one call; order is the order of lines.
// Called by: store-fsync.e2e.ts, store-face.e2e.ts. Next on the way: there.

import { spawnSync } from "node:child_process";

export interface Syscall {
  readonly name: string;
  readonly fd: string;
  readonly text: string;
  readonly began: number;
  ended: number;
}

export const writesAndSyncs = ["write", "pwrite64", "writev", "pwritev", "sendto", "sendmsg", "fdatasync", "fsync"].join(",");

export const straceMissing = (): boolean => spawnSync("strace", ["-V"]).error !== undefined;

/** Calls in the order in which they began; one that another thread interrupted ends at its `resumed` line. */
export function parseTrace(trace: string): Syscall[] {
  const calls: Syscall[] = [];
  const open = new Map<string, Syscall>();
  for (const [at, line] of trace.split("\n").entries()) {
    const match = /^(\d+) +(?:<\.\.\. )?(\w+)(?:\((\d+)(.*)| resumed>.*)/.exec(line);
    if (!match) continue;
    const [, thread, name, fd, text] = match;
    if (fd === undefined) {
      const call = open.get(`${thread} ${name}`);
      if (call) call.ended = at;
      continue;
    }
    const unfinished = line.includes("<unfinished ...>");
    const call: Syscall = { name: name!, fd, text: text!, began: at, ended: unfinished ? Number.POSITIVE_INFINITY : at };
    calls.push(call);
    open.set(`${thread} ${name}`, call);
  }
  return calls;
}
