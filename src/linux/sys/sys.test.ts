// The layouts of structures, byte by byte, and the real kernel where it needs no rights.
// Invariant shown: what node:ffi is given is what the kernel's headers say; errno comes with a name.

import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readSync, realpathSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { architecture, nativeArchitecture } from "../seccomp/tables.ts";
import { isErrno } from "./errors.ts";
import { deviceNumber, openFlags } from "./mounting.ts";
import { callNumbers } from "./numbers.ts";
import type { Argument } from "./arena.ts";
import type { RawCall } from "./raw.ts";
import { recordSyscalls } from "./recording.ts";
import { openSyscalls, syscallsOver } from "./syscalls.ts";

function spy(): { raw: RawCall; seen: string[] } {
  const seen: string[] = [];
  const memory = {
    put: (bytes: Uint8Array) => (seen.push(Buffer.from(bytes).toString("hex")), 1n),
    reserve: () => 1n,
    get: () => Buffer.alloc(0),
  };
  const text = (argument: Argument): string => {
    if (typeof argument === "function") return `&${argument(memory)}`;
    return argument instanceof Uint8Array ? Buffer.from(argument).toString("hex") : String(argument);
  };
  return { seen, raw: (name, args) => (seen.push([name, ...args.map(text)].join(" ")), 0) };
}

test("system calls: structures are laid out as the kernel's headers say", () => {
  const { raw, seen } = spy();
  const kernel = syscallsOver(raw);
  kernel.openat2(5, "etc", { flags: 0x20_0000, mode: 0, resolve: 16 });
  kernel.mountSetattr(6, { set: 1, clear: 2, propagation: "slave", recursive: true });
  kernel.capset({ effective: 1n << 40n, permitted: 3n, inheritable: 0n });
  kernel.setRlimit(7, { soft: 1024n, hard: 2048n });
  kernel.setgroups([1, 258]);
  assert.deepEqual(seen, [
    `openat2 5 etc ${"0000200000000000"}${"0000000000000000"}${"1000000000000000"} 24`,
    `mount_setattr 6  36864 ${"0100000000000000"}${"0200000000000000"}${"0000080000000000"}${"0000000000000000"} 32`,
    `capset 2205082000000000 ${"00000000"}${"03000000"}${"00000000"}${"00010000"}${"00000000"}${"00000000"}`,
    `prlimit64 0 7 ${"0004000000000000"}${"0008000000000000"} 0`,
    "setgroups 2 0100000002010000",
  ]);
});

test("system calls: a seccomp filter and a message with a descriptor point at their parts", () => {
  const { raw, seen } = spy();
  const kernel = syscallsOver(raw);
  kernel.installSeccomp(Buffer.from("0600000000000000", "hex"), 0);
  kernel.sendDescriptor(3, 9, "tty");
  assert.equal(seen[1], `${"0100"}${"000000000000"}${"0100000000000000"}`);
  assert.equal(seen[2], "seccomp 1 0 &1");
  assert.equal(seen[4], `${"1400000000000000"}${"01000000"}${"01000000"}${"09000000"}${"00000000"}`);
});

test("device numbers are packed as mknod takes them", () => {
  assert.equal(deviceNumber(1, 3), 0x103n);
  assert.equal(deviceNumber(8, 300), 0x10082cn);
});

test("system calls: the kernel itself answers, and errno has a name", { skip: process.platform !== "linux" }, () => {
  const kernel = openSyscalls();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dhow-sys-")));
  const directory = openSync(folder, "r");
  try {
    assert.equal(kernel.getcwd(), process.cwd());
    kernel.mkdirat(directory, "a", 0o700);
    kernel.symlinkat("../../../a", directory, "out");
    // With RESOLVE_IN_ROOT a link cannot leave: `../../..` ends at the folder itself.
    closeSync(kernel.openat2(directory, "out", { flags: openFlags.pathDirectory, resolve: 16 }));
    assert.throws(
      () => kernel.openat2(directory, "nowhere", { flags: openFlags.path }),
      (error: unknown) => isErrno(error, "ENOENT") && /^openat2 nowhere: no such file or directory$/u.test((error as Error).message),
    );
    assert.throws(() => kernel.execve(`${folder}/a`, ["a"], []), /^SyscallError: execve .*: permission denied$/u);
    // Arguments far beyond the usual: the kernel gets them whole, and refuses the file all the same.
    assert.throws(
      () =>
        kernel.execve(
          `${folder}/a`,
          ["a", "x".repeat(100_000)],
          Array.from({ length: 5000 }, () => "NAME=value"),
        ),
      /denied/u,
    );
    const [one, other] = kernel.socketPair();
    assert.equal(kernel.pollReadable(other, 0), false);
    kernel.sendDescriptor(one, directory, "here");
    assert.equal(kernel.pollReadable(other, 1000), true);
    const { fd, text } = kernel.receiveDescriptor(other);
    assert.equal(text, "here");
    closeSync(kernel.openat2(fd, "a", { flags: openFlags.pathDirectory }));
    writeSync(one, "x");
    assert.equal(readSync(other, Buffer.alloc(9)), 1);
    for (const open of [one, other, fd]) closeSync(open);
  } finally {
    closeSync(directory);
    rmSync(folder, { recursive: true });
  }
});

test("system calls: no number stands for two calls of a processor", () => {
  for (const column of [0, 1] as const) {
    const numbers = Object.values(callNumbers).map((pair) => pair[column]);
    assert.equal(new Set(numbers).size, numbers.length);
  }
});

test("system calls: each has the number that filters know it by", () => {
  for (const [column, processor] of ["x64", "arm64"].entries()) {
    const { numbers } = architecture(nativeArchitecture(processor))!;
    for (const [name, pair] of Object.entries(callNumbers)) assert.equal(pair[column], numbers.get(name), `${name} on ${processor}`);
  }
});

test("the recording double notes order and arguments, and refuses where a test says so", () => {
  const { calls, syscalls } = recordSyscalls({
    sethostname: () => {
      throw new Error("no");
    },
  });
  const fd = syscalls.openat2(3, "proc", { flags: 1, resolve: 16 });
  syscalls.fchdir(fd);
  assert.throws(() => syscalls.sethostname("x"), /no/u);
  assert.deepEqual(calls, ['openat2(3, "proc", {"flags":1,"resolve":16}) = 100', "fchdir(100)"]);
});
