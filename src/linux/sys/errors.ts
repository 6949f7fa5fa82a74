// What the kernel says when it refuses: the call, what it was about, and errno by name and in words.
// Invariant: a failed system call is never a bare number; its message reads like the ones other runtimes print.
// Called by: raw.ts. Next on the way: raw.ts, where errno is read.

import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

export type Errno = keyof typeof constants.errno;

/** "ENOENT" for 2. */
export function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
}

/** "no such file or directory" for 2. */
export function errnoText(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `errno ${errno}`;
}

export class SyscallError extends Error {
  readonly call: string;
  readonly errno: number;
  readonly code: string;

  /** The words are looked up when somebody reads them: most refusals are expected, and the table of words is slow to load. */
  constructor(call: string, errno: number, about = "") {
    super();
    const words = (): string => `${call}${about === "" ? "" : ` ${about}`}: ${errnoText(errno)}`;
    Object.defineProperty(this, "message", { get: words, configurable: true });
    this.name = "SyscallError";
    this.call = call;
    this.errno = errno;
    this.code = errnoName(errno);
  }
}

/** Whether `error` is the kernel's answer `code`, from a system call of ours or from node:fs. */
export function isErrno(error: unknown, ...codes: readonly Errno[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(error.code as Errno);
}
