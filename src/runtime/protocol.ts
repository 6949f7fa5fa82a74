// What the creating process and the container's first process tell each other, over a socket both inherit: messages with a length before them.
// Invariant: synchronous on both sides; whoever waits is told by the end of the stream that the other one died, and waits no longer than the bound.
// Called by: launch.ts, init/. Next on the way: launch.ts.

import { readSync, writeSync } from "node:fs";
import type { Syscalls } from "#linux";
import { parseExactJson, stringifyExactJson } from "./config.ts";
import { RuntimeError } from "./errors.ts";

export type Message =
  /** From it, where that was asked for: Node is up; its pid outside. */
  | { readonly type: "born"; readonly pid: number }
  /** To the first process: everything it must do. */
  | { readonly type: "request"; readonly request: unknown }
  /** From it: the namespaces and mounts are there, hooks of the outside may run. */
  | { readonly type: "hooks" }
  | { readonly type: "go" }
  /** From it: nothing can fail any more but the program itself. */
  | { readonly type: "ready" }
  /** From it: this terminal is yours; the descriptor comes with the next byte. */
  | { readonly type: "terminal" }
  | { readonly type: "error"; readonly message: string };

/** A hook may take its time; a mount that hangs does not hold a caller forever. */
export const messageBoundMs = 600_000;

function readExactly(fd: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(fd, bytes, at, length - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}

/** Undefined: the other side has ended. */
export function receive(fd: number, syscalls: Pick<Syscalls, "pollReadable">): Message | undefined {
  if (!syscalls.pollReadable(fd, messageBoundMs)) throw new RuntimeError("the container's first process does not answer");
  try {
    const length = readExactly(fd, 4);
    const body = length && readExactly(fd, length.readUInt32LE(0));
    return body && (parseExactJson(body.toString()) as Message);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return undefined;
    throw error;
  }
}

export function send(fd: number, message: Message): void {
  const body = Buffer.from(stringifyExactJson(message));
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeUInt32LE(body.length, 0);
  bytes.set(body, 4);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
