// The last list: what a hand does when nobody tells it anything any more. Calls are noted instead of made, with what to say if one fails.
// Invariant: no call of it depends on another one's answer; it ends with execve, or with the hand.
// Called by: hand.ts. Next on the way: program.ts, which says the words.

import { Arena } from "../sys/arena.ts";
import type { CallName } from "../sys/numbers.ts";
import { type Syscalls, syscallsOver } from "../sys/syscalls.ts";
import { callBytes, goOn, headBytes, memory, wordsOf, writeCall, writeHead } from "./list.ts";

/** Calls whose failure is no reason to end. */
const unminded: ReadonlySet<CallName> = new Set(["rt_sigaction", "fcntl", "flock", "close"]);
const mostCalls = 1000;
const errnos = 134;

/** What becoming another program can fail with, in the words of errors.ts, whose own table is slow to load. */
export const failures: Readonly<Record<number, string>> = {
  1: "operation not permitted",
  2: "no such file or directory",
  5: "i/o error",
  7: "argument list too long",
  8: "exec format error",
  11: "resource temporarily unavailable",
  12: "not enough memory",
  13: "permission denied",
  14: "bad address in system call argument",
  20: "not a directory",
  21: "illegal operation on a directory",
  22: "invalid argument",
  23: "file table overflow",
  24: "too many open files",
  26: "text file is busy",
  36: "name too long",
  40: "too many symbolic links encountered",
};

interface Noted {
  readonly name: CallName;
  readonly args: readonly bigint[];
  readonly otherwise: bigint;
}

function putWords(data: Arena, text: string): bigint {
  const words = Buffer.from(text);
  const bytes = Buffer.alloc(8 + words.length);
  bytes.writeBigUInt64LE(BigInt(words.length), 0);
  bytes.set(words, 8);
  return data.put(bytes);
}

/** By errno: where its words are, and how many bytes. */
function putErrnoTable(data: Arena): bigint {
  const table = Buffer.alloc(errnos * 16);
  for (let errno = 1; errno < errnos; errno++) {
    const words = Buffer.from(`${failures[errno] ?? `errno ${errno}`}\n`);
    table.writeBigUInt64LE(data.put(words), errno * 16);
    table.writeBigUInt64LE(BigInt(words.length), errno * 16 + 8);
  }
  return data.put(table);
}

class Becoming extends Error {}

export function lastList(last: (syscalls: Syscalls) => void): { readonly list: Buffer; readonly data: Buffer } {
  const data = new Arena(Buffer.alloc(32 << 10), BigInt(memory.data), memory.dataBytes);
  const noted: Noted[] = [];
  const syscalls = syscallsOver((name, args, about) => {
    const otherwise = unminded.has(name) ? goOn : putWords(data, `${name}${about === undefined ? "" : ` ${about}`}: `);
    noted.push({ name, args: args.map((argument) => data.value(argument)), otherwise });
    if (name === "execve") throw new Becoming();
    return 0;
  });
  try {
    last(syscalls);
  } catch (error) {
    if (!(error instanceof Becoming)) throw error;
  }
  if (noted.length > mostCalls) throw new Error(`${noted.length} calls are too many for one list`);
  const errnoTable = putErrnoTable(data);
  const list = Buffer.alloc(headBytes + noted.length * callBytes);
  const words = wordsOf(list);
  writeHead(words, { calls: noted.length, replyBytes: 0, errnoTable });
  for (const [index, { name, args, otherwise }] of noted.entries()) writeCall(words, headBytes + index * callBytes, name, args, otherwise);
  return { list, data: data.written };
}
