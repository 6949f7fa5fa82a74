// Arguments of a system call laid out in one piece of memory: texts, structures, lists of texts, each at an address the kernel may be given.
// Invariant: an address is valid until the next clear(); what does not fit is refused, never cut.
// Called by: raw.ts, for memory of this process, and hand/hand.ts, for memory of another one. Next on the way: raw.ts.

import { SyscallError } from "./errors.ts";

/** Memory whose addresses the kernel may be given, valid until the call returns. */
export interface Memory {
  put(bytes: Uint8Array): bigint;
  /** Room for an answer. */
  reserve(length: number): bigint;
  get(address: bigint, length: number): Buffer;
}

/** Text becomes a C string, a list of texts a NULL-ended array of them; bytes are copied in and, after the call, back. */
export type Argument = number | bigint | string | Uint8Array | readonly string[] | ((memory: Memory) => bigint);

/** For nearly every call; a program's arguments and environment may need more, up to what the kernel takes. */
export const arenaBytes = 64 << 10;
export const largestBytes = 8 << 20;
const E2BIG = 7;

export class Arena implements Memory {
  #bytes: Buffer;
  readonly #base: bigint;
  readonly #largest: number;
  #used = 0;
  #written = 0;

  /** Up to `largest` bytes it grows, where addresses do not depend on where the bytes are here. */
  constructor(bytes: Buffer, base: bigint, largest = bytes.length) {
    this.#bytes = bytes;
    this.#base = base;
    this.#largest = largest;
  }

  /** All that was put, without room behind it. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#written);
  }

  get used(): number {
    return this.#used;
  }

  /** What arguments take at most; structures built by a function have what is left. */
  static room(args: readonly Argument[]): number {
    const one = (argument: Argument): number => {
      if (typeof argument === "string") return argument.length * 3 + 17;
      if (argument instanceof Uint8Array) return argument.length + 16;
      return Array.isArray(argument) ? argument.reduce((sum: number, text: string) => sum + one(text) + 8, 24) : 0;
    };
    return args.reduce((sum: number, argument) => sum + one(argument), arenaBytes >> 1);
  }

  clear(): void {
    this.#used = 0;
    this.#written = 0;
  }

  put(bytes: Uint8Array): bigint {
    const at = this.#used;
    const address = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
    this.#written = at + bytes.length;
    return address;
  }

  reserve(length: number): bigint {
    const at = this.#used;
    const end = at + length + 16;
    if (end > this.#largest) throw new SyscallError("arguments", E2BIG);
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], Math.min(this.#largest, end * 2));
    this.#used = (at + length + 15) & ~15;
    return this.#base + BigInt(at);
  }

  get(address: bigint, length: number): Buffer {
    const at = Number(address - this.#base);
    return Buffer.from(this.#bytes.subarray(at, at + length));
  }

  value(argument: Argument): bigint {
    if (typeof argument === "bigint") return argument;
    if (typeof argument === "number") return BigInt(argument);
    if (typeof argument === "function") return argument(this);
    if (typeof argument === "string") return this.put(Buffer.from(`${argument}\0`));
    if (argument instanceof Uint8Array) return this.put(argument);
    const pointers = Buffer.alloc((argument.length + 1) * 8);
    for (const [index, text] of argument.entries()) pointers.writeBigUInt64LE(this.value(text), index * 8);
    return this.put(pointers);
  }
}
