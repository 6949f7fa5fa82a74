// Assembled filters run in a small BPF machine: what a profile says is what a system call gets.
// Invariant shown: comparisons see all 64 bits, jumps land far away too, every architecture is told apart, what is unknown is refused by name.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assembleFilter } from "./filter.ts";
import type { SeccompArgument, SeccompProfile } from "./profile.ts";
import { architecture, parseTable } from "./tables.ts";

const x64 = 0xc000003e;
const [allow, eperm, enosys, kill] = [0x7fff0000, 0x00050001, 0x00050026, 0];

/** Classic BPF as the kernel checks and runs it on struct seccomp_data. */
function runFilter(program: Buffer, token: number, number: number, args: readonly bigint[] = []): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(token, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(value, 16 + index * 8);
  let accumulator = 0;
  for (let pc = 0; pc < program.length / 8; pc++) {
    const [code, yes, no] = [program.readUInt16LE(pc * 8), program.readUInt8(pc * 8 + 2), program.readUInt8(pc * 8 + 3)];
    const k = program.readUInt32LE(pc * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x05) pc += k;
    else if (code === 0x15) pc += accumulator === k ? yes : no;
    else if (code === 0x25) pc += accumulator > k ? yes : no;
    else if (code === 0x35) pc += accumulator >= k ? yes : no;
    else if (code === 0x06) return k;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("ran over the end");
}

function filterOf(profile: SeccompProfile, arch = "x64"): (number: number, args?: readonly bigint[], token?: number) => number {
  const { program } = assembleFilter(profile, arch);
  return (number, args = [], token = arch === "x64" ? x64 : 0xc00000b7) => runFilter(program, token, number, args);
}

const numbers = architecture("SCMP_ARCH_X86_64")!.numbers;
const number = (name: string): number => numbers.get(name)!;

test("tables: names and gaps", () => {
  assert.deepEqual([...parseTable("0 read write 9 mmap munmap")], [...new Map(Object.entries({ read: 0, write: 1, mmap: 9, munmap: 10 }))]);
  assert.equal(number("seccomp"), 317);
  assert.equal(architecture("SCMP_ARCH_AARCH64")!.numbers.get("execve"), 221);
  assert.equal(architecture("SCMP_ARCH_X32")!.numbers.get("execve"), 520);
});

test("a list of allowed calls: others fail, newer ones do not exist, foreign architectures end the thread", () => {
  const names = ["read", "write", "exit_group", "openat", "no_such_call"];
  const run = filterOf({ defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names, action: "SCMP_ACT_ALLOW" }] });
  assert.equal(run(number("read")), allow);
  assert.equal(run(number("openat")), allow);
  assert.equal(run(number("mkdir")), eperm);
  assert.equal(run(number("openat") + 1), enosys);
  assert.equal(run(number("read"), [], 0x40000003), kill);
  assert.equal(run(0x40000000), kill);
  assert.equal(run(-1), kill);
});

test("architectures of a profile have numbers of their own", () => {
  const profile: SeccompProfile = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: [{ names: ["execve", "mkdir"], action: "SCMP_ACT_ALLOW" }],
  };
  const run = filterOf(profile);
  assert.equal(run(59), allow);
  assert.equal(run(11, [], 0x40000003), allow);
  assert.equal(run(59, [], 0x40000003), enosys);
  assert.equal(run(0x40000000 + 520), allow);
  assert.equal(run(0x40000000 + 59), enosys);
  assert.equal(filterOf(profile, "arm64")(221), allow);
});

const big = 0x1_0000_0005n;
const comparisons: readonly { op: string; value: bigint; valueTwo?: bigint; yes: readonly bigint[]; no: readonly bigint[] }[] = [
  { op: "SCMP_CMP_EQ", value: big, yes: [big], no: [5n, 0x1_0000_0000n, 0n] },
  { op: "SCMP_CMP_NE", value: big, yes: [5n, 0x1_0000_0000n, 0n], no: [big] },
  { op: "SCMP_CMP_LT", value: big, yes: [5n, 6n, 0x1_0000_0004n], no: [big, 0x2_0000_0000n, 0x1_0000_0006n] },
  { op: "SCMP_CMP_LE", value: big, yes: [6n, big], no: [0x1_0000_0006n, 0x2_0000_0000n] },
  { op: "SCMP_CMP_GE", value: big, yes: [big, 0x2_0000_0000n, 0x1_0000_0006n], no: [6n, 0x1_0000_0004n] },
  { op: "SCMP_CMP_GT", value: big, yes: [0x2_0000_0000n, 0x1_0000_0006n, (1n << 64n) - 1n], no: [big, 6n] },
  { op: "SCMP_CMP_MASKED_EQ", value: 0x1_0000_00ffn, valueTwo: big, yes: [big, 0xff_0000_ff05n], no: [5n, 0x1_0000_0006n] },
];
for (const { yes, no, ...argument } of comparisons) {
  test(`arguments: ${argument.op} sees all 64 bits`, () => {
    const args: SeccompArgument[] = [{ index: 2, ...argument }];
    const run = filterOf({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["socket"], action: "SCMP_ACT_ERRNO", args }] });
    for (const value of yes) assert.equal(run(number("socket"), [0n, 0n, value]), eperm, `${value}`);
    for (const value of no) assert.equal(run(number("socket"), [0n, 0n, value]), allow, `${value}`);
  });
}

test("rules: several arguments must all hold, one argument twice is an alternative, an unconditional rule decides", () => {
  const equal = (index: number, value: number): SeccompArgument => ({ index, value, op: "SCMP_CMP_EQ" });
  const action = "SCMP_ACT_ALLOW";
  const run = filterOf({
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [
      { names: ["socket"], action, args: [equal(0, 1), equal(1, 2)] },
      { names: ["personality"], action, args: [equal(0, 0), equal(0, 8)] },
      { names: ["clone"], action: "SCMP_ACT_KILL_PROCESS", args: [equal(0, 3)] },
      { names: ["clone"], action },
    ],
  });
  assert.equal(run(number("socket"), [1n, 2n]), allow);
  assert.equal(run(number("socket"), [1n, 3n]), eperm);
  assert.equal(run(number("personality"), [8n]), allow);
  assert.equal(run(number("personality"), [9n]), eperm);
  assert.equal(run(number("clone"), [3n]), allow);
});

test("jumps reach over a long program: every second call looks at an argument", () => {
  const names = [...numbers.keys()].filter((_name, index) => index % 2 === 0);
  const args = [
    { index: 0, value: 7, op: "SCMP_CMP_GT" },
    { index: 1, value: 9n << 32n, op: "SCMP_CMP_LE" },
  ];
  const run = filterOf({ defaultAction: "SCMP_ACT_LOG", syscalls: [{ names, action: "SCMP_ACT_TRAP", args }] });
  const even = new Set(names.map(number));
  for (const value of numbers.values()) {
    assert.equal(run(value, [8n, 9n]), even.has(value) ? 0x00030000 : 0x7ffc0000, `${value}`);
    assert.equal(run(value, [7n, 9n]), 0x7ffc0000);
  }
});

test("what is not known is refused by name", () => {
  const refuse = (profile: Partial<SeccompProfile>, text: RegExp): void => {
    assert.throws(() => assembleFilter({ defaultAction: "SCMP_ACT_ALLOW", ...profile }, "x64"), text);
  };
  refuse({ defaultAction: "SCMP_ACT_NOTIFY" }, /SCMP_ACT_NOTIFY is not supported/u);
  refuse({ defaultAction: "SCMP_ACT_X" }, /unknown action SCMP_ACT_X/u);
  refuse({ architectures: ["SCMP_ARCH_VAX"] }, /unknown architecture SCMP_ARCH_VAX/u);
  refuse({ flags: ["SECCOMP_FILTER_FLAG_NEW_LISTENER"] }, /flag "SECCOMP_FILTER_FLAG_NEW_LISTENER" is not supported/u);
  refuse({ listenerPath: "/run/x" }, /listenerPath/u);
});
