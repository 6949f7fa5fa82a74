// Device rules as a program: version 2 of control groups asks BPF whether a process may open or make a device.
// Invariant: the last rule that fits decides, as if the rules were written one after the other; without one: no.
// Called by: group.ts. Next on the way: group.ts.

import type { DeviceRule } from "./resources.ts";

const op = { load: 0x61, and: 0x57, shiftRight: 0x77, move: 0xbf, set: 0xb7, ifNot: 0x55, exit: 0x95 } as const;
const [verdict, context, type, access, major, minor, scratch] = [0, 1, 2, 3, 4, 5, 6];
const types: Readonly<Record<string, number>> = { b: 1, c: 2 };
const accesses: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const allAccesses = 7;

type Instruction = readonly [code: number, registers: number, offset: number, value: number];

const pair = (destination: number, source = 0): number => destination | (source << 4);

function accessBits(text: string): number {
  let bits = 0;
  for (const letter of text) {
    const bit = accesses[letter];
    if (bit === undefined) throw new Error(`unknown device access ${JSON.stringify(letter)}`);
    bits |= bit;
  }
  return bits;
}

/** One rule: tests that jump behind it where it does not fit, then its verdict. */
function ruleCode({ allow, type: kind = "a", major: first = -1, minor: second = -1, access: text = "rwm" }: DeviceRule): Instruction[] {
  const bits = accessBits(text);
  const tests: ((skip: number) => Instruction[])[] = [];
  if (kind !== "a") {
    const number = types[kind];
    if (number === undefined) throw new Error(`unknown device type ${JSON.stringify(kind)}`);
    tests.push((skip) => [[op.ifNot, pair(type), skip, number]]);
  }
  if (bits !== allAccesses) {
    // To be allowed, nothing else may be asked for; to be denied, one of them is enough.
    const mask = allow ? allAccesses & ~bits : bits;
    tests.push((skip) => [
      [op.move, pair(scratch, access), 0, 0],
      [op.and, pair(scratch), 0, mask],
      allow ? [op.ifNot, pair(scratch), skip, 0] : [0x15, pair(scratch), skip, 0],
    ]);
  }
  if (kind !== "a" && first >= 0) tests.push((skip) => [[op.ifNot, pair(major), skip, first]]);
  if (kind !== "a" && second >= 0) tests.push((skip) => [[op.ifNot, pair(minor), skip, second]]);
  const end: Instruction[] = [
    [op.set, pair(verdict), 0, allow ? 1 : 0],
    [op.exit, 0, 0, 0],
  ];
  return tests.reduceRight((behind, test) => [...test(behind.length), ...behind], end);
}

/** Fits everything: what was written before it is never asked. */
const fitsAll = ({ type: kind = "a", access: text = "rwm" }: DeviceRule): boolean => kind === "a" && accessBits(text) === allAccesses;

/** The last rule first. The kernel takes no program with instructions that are never reached, so a rule that fits everything ends it. */
function rulesCode(rules: readonly DeviceRule[]): Instruction[] {
  const newest = rules.toReversed();
  const last = newest.findIndex(fitsAll);
  const reached = last < 0 ? newest : newest.slice(0, last + 1);
  const otherwise: readonly Instruction[] = [
    [op.set, pair(verdict), 0, 0],
    [op.exit, 0, 0, 0],
  ];
  return [...reached.flatMap(ruleCode), ...(last < 0 ? otherwise : [])];
}

export function deviceFilter(rules: readonly DeviceRule[]): Buffer {
  const code: Instruction[] = [
    [op.load, pair(type, context), 0, 0],
    [op.move, pair(access, type), 0, 0],
    [op.and, pair(type), 0, 0xffff],
    [op.shiftRight, pair(access), 0, 16],
    [op.load, pair(major, context), 4, 0],
    [op.load, pair(minor, context), 8, 0],
    ...rulesCode(rules),
  ];
  const bytes = Buffer.alloc(code.length * 8);
  for (const [index, [opcode, registers, offset, value]] of code.entries()) {
    bytes.writeUInt8(opcode, index * 8);
    bytes.writeUInt8(registers, index * 8 + 1);
    bytes.writeInt16LE(offset, index * 8 + 2);
    bytes.writeInt32LE(value, index * 8 + 4);
  }
  return bytes;
}
