// The hand for arm64: the steps that program.ts says in C's words, in this processor's instructions, four bytes each.
// Invariant: step by step what x86-64 does; a system call changes no register but x0.
// Called by: program.ts. Next on the way: assemble.ts. Encodings: the Arm Architecture Reference Manual, chapter C6.

import { type Instruction, type Jump, word } from "./assemble.ts";
import { callBytes, goOn, headBytes, memory } from "./list.ts";

const calls = { read: 63, write: 64, exitGroup: 94 } as const;

// Registers: the number of a call, its arguments x0 to x5, and what outlives calls.
const number = 8;
const [list, left, call, otherwise, table] = [19, 20, 21, 22, 23];

const supervisor = word(0xd4000001); // svc 0
const movz = (to: number, value: number): number[] => word(0xd2800000 | (value << 5) | to);
/** movz, movk: all of 32 bits. */
const set = (to: number, value: number): number[] => [
  ...movz(to, value & 0xffff),
  ...word(0xf2a00000 | (((value >>> 16) & 0xffff) << 5) | to),
];
const mov = (to: number, from: number): number[] => word(0xaa0003e0 | (from << 16) | to);
const neg = (to: number, from: number): number[] => word(0xcb0003e0 | (from << 16) | to);
const ldr = (to: number, base: number, offset = 0): number[] => word(0xf9400000 | ((offset >> 3) << 10) | (base << 5) | to);
const str = (from: number, base: number): number[] => word(0xf9000000 | (base << 5) | from);
/** Two words into two registers. */
const ldp = (to: number, second: number, base: number, offset = 0): number[] =>
  word(0xa9400000 | ((offset >> 3) << 15) | (second << 10) | (base << 5) | to);
const add = (to: number, from: number, value: number): number[] => word(0x91000000 | (value << 10) | (from << 5) | to);
/** add to, from, other, lsl 4 */
const addSixteens = (to: number, from: number, other: number): number[] => word(0x8b001000 | (other << 16) | (from << 5) | to);
const cmp = (register: number, value: number): number[] => word(0xf100001f | (value << 10) | (register << 5));
/** Against -value. */
const cmn = (register: number, value: number): number[] => word(0xb100001f | (value << 10) | (register << 5));
const decrement = (register: number): number[] => word(0xf1000400 | (register << 5) | register); // subs register, register, 1

const conditions = { equal: [0x0], notEqual: [0x1], lower: [0x3], lessOrEqual: [0xd], always: [0xe] } as const;

/** b.CONDITION, in words counted from the jump itself. */
export const conditional: Jump = ([condition], from, to) => word(0x54000000 | ((((to - from) >> 2) & 0x7ffff) << 5) | condition!);

const make = (name: keyof typeof calls): Instruction[] => [movz(number, calls[name]), supervisor];

export const arm64 = (socket: number): readonly Instruction[] => [
  set(list, memory.list),
  { label: "next" },
  set(0, socket),
  mov(1, list),
  set(2, memory.listBytes),
  ...make("read"),
  cmp(0, 0),
  { jump: conditions.lessOrEqual, to: "end" }, // nobody is there any more
  ldr(left, list), // how many calls
  add(call, list, headBytes), // the first
  { label: "call" },
  ldp(number, 0, call),
  ldp(1, 2, call, 16),
  ldp(3, 4, call, 32),
  ldr(5, call, 48),
  supervisor,
  str(0, call), // the answer
  cmn(0, 4095), // from -4095 up it is an errno
  { jump: conditions.lower, to: "done" },
  ldr(otherwise, call, 56),
  cmp(otherwise, Number(goOn)),
  { jump: conditions.equal, to: "done" },
  ldr(2, list, 8),
  cmp(2, 0), // does somebody want a reply?
  { jump: conditions.notEqual, to: "reply" },
  cmp(otherwise, 0),
  { jump: conditions.equal, to: "end" }, // no words
  neg(call, 0), // the errno
  set(0, 2),
  add(1, otherwise, 8),
  ldr(2, otherwise), // how many bytes
  ...make("write"),
  ldr(table, list, 16), // of the errnos' words, an address and a length each
  addSixteens(call, table, call),
  set(0, 2),
  ldp(1, 2, call),
  ...make("write"),
  { jump: conditions.always, to: "end" },
  { label: "done" },
  add(call, call, callBytes),
  decrement(left),
  { jump: conditions.notEqual, to: "call" },
  { label: "reply" },
  ldr(2, list, 8), // how many bytes
  cmp(2, 0),
  { jump: conditions.equal, to: "end" },
  set(0, socket),
  mov(1, list),
  ...make("write"),
  { jump: conditions.always, to: "next" },
  { label: "end" },
  set(0, 255),
  ...make("exitGroup"),
];
