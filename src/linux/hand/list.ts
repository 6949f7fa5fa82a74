// How a list of system calls lies in memory: a head of three words, then eight words a call. The hand reads it as it is.
// Invariant: what is written here is what program.ts steps through; addresses are the hand's.
// Called by: hand.ts, last.ts, program.ts. Next on the way: program.ts.

import { type CallName, callNumber } from "../sys/numbers.ts";

/**
 * Where lists arrive, and the data of the last one, which may be large: a program's arguments and environment.
 * Not where a page of 2 MiB could begin, else a kernel that is generous with those gives one for a few kilobytes.
 */
export const memory = { list: 0x1001_0000, listBytes: 128 << 10, data: 0x1003_0000, dataBytes: 16 << 20 } as const;
export const headBytes = 24;
export const callBytes = 64;
/** What to do if a call fails, beside the address of what to say. */
export const stop = 0n;
export const goOn = 1n;

export interface Head {
  readonly calls: number;
  /** How much of the list is to be sent back; 0: nothing, nobody is there. */
  readonly replyBytes: number;
  readonly errnoTable: bigint;
}

/** The list as words; the bytes begin where a word may. */
export const wordsOf = (list: Buffer): BigInt64Array => new BigInt64Array(list.buffer, list.byteOffset, list.length >> 3);

export function writeHead(words: BigInt64Array, { calls, replyBytes, errnoTable }: Head): void {
  words[0] = BigInt(calls);
  words[1] = BigInt(replyBytes);
  words[2] = errnoTable;
}

/** `at`: in bytes. Numbers beyond the sign wrap around, as the registers they are meant for do. */
export function writeCall(words: BigInt64Array, at: number, name: CallName, args: readonly bigint[], otherwise: bigint): void {
  const first = at >> 3;
  words[first] = BigInt(callNumber(name, process.arch));
  for (let index = 0; index < 6; index++) words[first + 1 + index] = args[index] ?? 0n;
  words[first + 7] = otherwise;
}
