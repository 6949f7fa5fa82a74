// How a list of system calls lies in memory: a head of three words, then eight words a call. The hand reads it as it is.
// Invariant: what is written here is what program.ts steps through; addresses are the hand's.
// Called by: hand.ts, last.ts, program.ts. Next on the way: program.ts.

import { type CallName, callNumber } from "../sys/numbers.ts";

/** Where lists arrive, and the data of the last one, which may be large: a program's arguments and environment. */
export const memory = { list: 0x1000_0000, listBytes: 128 << 10, data: 0x1002_0000, dataBytes: 16 << 20 } as const;
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

export function writeHead(list: Buffer, { calls, replyBytes, errnoTable }: Head): void {
  list.writeBigUInt64LE(BigInt(calls), 0);
  list.writeBigUInt64LE(BigInt(replyBytes), 8);
  list.writeBigUInt64LE(errnoTable, 16);
}

export function writeCall(list: Buffer, at: number, name: CallName, args: readonly bigint[], otherwise: bigint): void {
  list.writeBigUInt64LE(BigInt(callNumber(name, "x64")), at);
  for (let index = 0; index < 6; index++) list.writeBigInt64LE(BigInt.asIntN(64, args[index] ?? 0n), at + 8 + index * 8);
  list.writeBigUInt64LE(otherwise, at + callBytes - 8);
}
