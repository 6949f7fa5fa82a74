// The hand itself, on x86-64: calls made in another process, what fails there, what it does when it is left alone.
// Invariant shown: an answer is the other process's; a program is become with its arguments whole, and a failure has words and a status.
// Called by: npm test. Next on the way: hand.ts.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { test } from "node:test";
import { errnoText, isErrno } from "../sys/errors.ts";
import { openSyscalls, type Syscalls } from "../sys/syscalls.ts";
import { Hand } from "./hand.ts";
import { failures } from "./last.ts";
import { handProgram, hasHand } from "./program.ts";

const options = { skip: process.platform !== "linux" || !hasHand(process.arch) };

interface Started {
  readonly own: Syscalls;
  readonly hand: Hand;
  readonly child: ChildProcess;
  readonly socket: number;
}

function start(): Started {
  const own = openSyscalls();
  const [ours, theirs] = own.socketPair("packets");
  own.boundReceive(ours, 60_000);
  const program = own.sealedFile("hand", handProgram(3));
  const child = spawn("/proc/self/fd/4", [], { stdio: ["ignore", "pipe", "pipe", theirs, program], env: {} });
  closeSync(theirs);
  closeSync(program);
  return { own, hand: new Hand(ours, 3), child, socket: ours };
}

async function ended({ child, socket }: Started): Promise<{ status: number | null; out: string; err: string }> {
  const text = { out: "", err: "" };
  child.stdout?.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
  closeSync(socket);
  const [status] = (await once(child, "close")) as [number | null];
  return { status, ...text };
}

test("a call is made over there, and answered here", options, async () => {
  const started = start();
  const { syscalls } = started.hand;
  assert.equal(syscalls.readFile("/proc/self/stat").split(" ")[0], `${started.child.pid}`);
  assert.throws(
    () => syscalls.openRead("/no/such"),
    (error) => isErrno(error, "ENOENT"),
  );
  const fd = syscalls.openRead("/dev/null");
  assert.equal(syscalls.status(fd).device, 0x103);
  syscalls.close(fd);
  assert.throws(
    () => syscalls.status(fd),
    (error) => isErrno(error, "EBADF"),
  );
  syscalls.chdir("/proc");
  assert.equal(syscalls.getcwd(), "/proc");
  assert.notEqual(process.cwd(), "/proc");
  // Nobody at the other end any more: it ends.
  assert.equal((await ended(started)).status, 255);
});

test("calls made together: in order, and the first that fails is thrown", options, async () => {
  const started = start();
  const { syscalls } = started.hand;
  syscalls.together(() => {
    syscalls.chdir("/proc");
    syscalls.chdir("self");
  });
  assert.equal(syscalls.getcwd(), `/proc/${started.child.pid}`);
  const failing = (): void => {
    syscalls.chdir("/");
    syscalls.chdir("no");
    syscalls.chdir("dev");
  };
  assert.throws(() => syscalls.together(failing), /^SyscallError: chdir no: no such file or directory$/u);
  assert.equal(syscalls.getcwd(), "/");
  await ended(started);
});

test("a descriptor over there becomes one here", options, async () => {
  const started = start();
  const taken = started.hand.take(started.hand.syscalls.openRead("/dev/null"), started.own);
  assert.equal(started.own.status(taken).device, 0x103);
  closeSync(taken);
  await ended(started);
});

test("left alone it becomes the program, however long the arguments", options, async () => {
  const started = start();
  const long = "x".repeat(100_000);
  started.hand.leave((last) => {
    last.resetSignals();
    last.closeOnExecFrom(3);
    last.execve("/bin/sh", ["sh", "-c", 'echo "$1" $A "${#2}"; exit 7', "sh", "a b", long], ["A=1"]);
  });
  assert.deepEqual(await ended(started), { status: 7, out: "a b 1 100000\n", err: "" });
});

test("a program that cannot be run: words on standard error, status 255; what comes after is not done", options, async () => {
  const started = start();
  started.hand.leave((last) => {
    last.close(99);
    last.execve("/no/such", ["x"], []);
  });
  assert.deepEqual(await ended(started), { status: 255, out: "", err: "execve /no/such: no such file or directory\n" });
});

test("the words of failures are those of everywhere else", () => {
  for (const [errno, words] of Object.entries(failures)) assert.equal(words, errnoText(Number(errno)));
});
