// The one file that calls C: libc's `syscall` and errno through node:ffi, with arguments laid out in one piece of memory.
// Invariant: errno is read at once after the call, nothing is resolved or allocated in between; a wrong binding is found by the self-test.
// Called by: syscalls.ts. Next on the way: syscalls.ts, a typed function for every call.

import { SyscallError } from "./errors.ts";
import { type CallName, callNumber } from "./numbers.ts";

/** Memory whose addresses the kernel may be given, valid until the call returns. */
export interface Memory {
  put(bytes: Uint8Array): bigint;
  get(address: bigint, length: number): Buffer;
}

/** Text becomes a C string, a list of texts a NULL-ended array of them; bytes are copied in and, after the call, back. */
export type Argument = number | bigint | string | Uint8Array | readonly string[] | ((memory: Memory) => bigint);

/** Makes a call; throws a SyscallError naming `about` where the kernel refuses. */
export type RawCall = (name: CallName, args: readonly Argument[], about?: string) => number;

/** For nearly every call; a program's arguments and environment may need more, up to what the kernel takes. */
const arenaBytes = 64 << 10;
const largestBytes = 8 << 20;
const EBADF = 9;

class Arena implements Memory {
  readonly #bytes: Buffer;
  readonly #base: bigint;
  #used = 0;

  constructor(size: number, addressOf: (memory: ArrayBuffer) => bigint) {
    const memory = new ArrayBuffer(size);
    this.#bytes = Buffer.from(memory);
    this.#base = addressOf(memory);
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
  }

  put(bytes: Uint8Array): bigint {
    const at = this.#used;
    if (at + bytes.length + 16 > this.#bytes.length) throw new SyscallError("arguments", 7);
    this.#bytes.set(bytes, at);
    this.#used = (at + bytes.length + 15) & ~15;
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

/** Opens the door: resolves the two functions and proves that they do what they are taken for. */
export function openRawCall(): RawCall {
  const ffi = process.getBuiltinModule("node:ffi");
  const library = new ffi.DynamicLibrary(null);
  const int = "int64";
  const syscall = library.getFunction("syscall", { return: int, arguments: [int, int, int, int, int, int, int] });
  const errnoAt = library.getFunction("__errno_location", { return: "pointer", arguments: [] })() as bigint;
  const addressOf = (memory: ArrayBuffer): bigint => ffi.getRawPointer(memory);
  const usual = new Arena(arenaBytes, addressOf);
  const { getInt32 } = ffi;
  getInt32(errnoAt, 0);
  const call: RawCall = (name, args, about) => {
    const room = Arena.room(args);
    const arena = room <= arenaBytes ? usual : new Arena(Math.min(room, largestBytes), addressOf);
    arena.clear();
    const number = BigInt(callNumber(name, process.arch));
    const value = (index: number): bigint => (index < args.length ? arena.value(args[index]!) : 0n);
    const [a, b, c, d, e, f] = [value(0), value(1), value(2), value(3), value(4), value(5)] as const;
    const answer = syscall(number, a, b, c, d, e, f);
    if (answer === -1n) throw new SyscallError(name, getInt32(errnoAt, 0), about);
    const addresses = [a, b, c, d, e, f];
    for (const [index, argument] of args.entries())
      if (argument instanceof Uint8Array) argument.set(arena.get(addresses[index]!, argument.length));
    return Number(answer);
  };
  selfTest(call);
  return call;
}

/** A signature the kernel does not share is not noticed by anything else: two answers that are known beforehand. */
function selfTest(call: RawCall): void {
  if (call("getpid", []) !== process.pid) throw new Error("system calls by node:ffi do not work: getpid answers something else");
  try {
    call("fchdir", [-1]);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === EBADF) return;
    throw new Error("system calls by node:ffi do not work: errno is another one", { cause: error });
  }
  throw new Error("system calls by node:ffi do not work: a bad descriptor was taken");
}
