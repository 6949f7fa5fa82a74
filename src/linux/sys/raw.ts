// The one file that calls C: libc's `syscall` and errno through node:ffi, with arguments laid out in one piece of memory.
// Invariant: errno is read at once after the call, nothing is resolved or allocated in between; a wrong binding is found by the self-test.
// Called by: syscalls.ts. Next on the way: syscalls.ts, a typed function for every call.

import { Arena, type Argument, arenaBytes, largestBytes } from "./arena.ts";
import { SyscallError } from "./errors.ts";
import { type CallName, callNumber } from "./numbers.ts";

/** Makes a call; throws a SyscallError naming `about` where the kernel refuses. */
export type RawCall = (name: CallName, args: readonly Argument[], about?: string) => number;

const EBADF = 9;

/** Opens the door: resolves the two functions and proves that they do what they are taken for. */
export function openRawCall(): RawCall {
  if (process.platform !== "linux") throw new Error(`containers need Linux, and this is ${process.platform}`);
  const ffi = process.getBuiltinModule("node:ffi");
  const library = new ffi.DynamicLibrary(null);
  const int = "int64";
  const syscall = library.getFunction("syscall", { return: int, arguments: [int, int, int, int, int, int, int] });
  const errnoAt = library.getFunction("__errno_location", { return: "pointer", arguments: [] })() as bigint;
  const arenaOf = (size: number): Arena => {
    const memory = new ArrayBuffer(size);
    return new Arena(Buffer.from(memory), ffi.getRawPointer(memory));
  };
  const usual = arenaOf(arenaBytes);
  const { getInt32 } = ffi;
  getInt32(errnoAt, 0);
  const call: RawCall = (name, args, about) => {
    const room = Arena.room(args);
    const arena = room <= arenaBytes ? usual : arenaOf(Math.min(room, largestBytes));
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
