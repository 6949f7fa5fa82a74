// The calls a disk makes, synchronously: each function here is one or two system calls.
// Invariant: an append with `sync` returns after fdatasync returned.
// Called by: diskthread.ts, and threaddisk.ts for a write that is alone and while that thread is waking up. Next on the way: diskthread.ts.

import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib";

export type Call =
  | { readonly call: "append"; readonly fd: number; readonly bytes: Uint8Array; readonly sync: boolean }
  | { readonly call: "create" | "open" | "remove"; readonly name: string }
  | { readonly call: "close"; readonly fd: number }
  | { readonly call: "truncate"; readonly name: string; readonly bytes: number }
  | { readonly call: "rename"; readonly from: string; readonly to: string }
  | { readonly call: "syncDirectory" };

/** `ms`: how long the call itself took, without the way there and back. */
export type Answer = { readonly fd: number; readonly ms: number } | { readonly errno: string };

/** Makes the call; a failure is an answer too. */
export function answerTo(directory: string, call: Call, clock: Clock): Answer {
  const beganMs = clock.monotonicMs();
  try {
    const fd = make(directory, call);
    return { fd, ms: clock.monotonicMs() - beganMs };
  } catch (error) {
    return { errno: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

const ownerOnly = 0o600;

function make(directory: string, call: Call): number {
  switch (call.call) {
    case "append": {
      let written = 0;
      while (written < call.bytes.length) written += writeSync(call.fd, call.bytes, written);
      if (call.sync) fdatasyncSync(call.fd);
      return call.fd;
    }
    case "create":
      return openSync(join(directory, call.name), "ax", ownerOnly);
    case "open":
      return openSync(join(directory, call.name), "a", ownerOnly);
    case "close":
      closeSync(call.fd);
      return -1;
    case "truncate": {
      const fd = openSync(join(directory, call.name), "r+");
      try {
        ftruncateSync(fd, call.bytes);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return -1;
    }
    case "rename":
      renameSync(join(directory, call.from), join(directory, call.to));
      return -1;
    case "remove":
      rmSync(join(directory, call.name));
      return -1;
    case "syncDirectory": {
      const fd = openSync(directory, "r");
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return -1;
    }
  }
}
