// The hand for arm64 on whatever machine the tests run: its instructions are decoded and stepped through here; a kernel answers as told.
// Invariant shown: calls in order with their arguments, answers where the numbers were; a failure ends the list, the last list ends the hand.
// Called by: npm test. Next on the way: arm64.ts; hand.test.ts, the same on a real kernel, for the processor that runs it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { arm64, conditional } from "./arm64.ts";
import { assemble } from "./assemble.ts";
import { goOn, memory, stop } from "./list.ts";

const socket = 70_000;
const code = assemble(arm64(socket), conditional);
const mostSteps = 1000;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const i64 = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Number and arguments of a system call, and the memory it may look at. */
type Kernel = (call: readonly number[], room: DataView) => number;

/** A processor that knows the instructions the hand is made of; any other is an error. */
class Processor {
  readonly room = new DataView(new ArrayBuffer(4096));
  readonly #kernel: Kernel;
  // Nothing may be taken for granted.
  readonly #registers = new BigUint64Array(31).fill(0xdead_beef_dead_beefn);
  #flags = { negative: false, zero: false, carry: false, overflow: false };
  #at = 0;
  #status: number | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Register 31 is zero, and keeps nothing. */
  #get(register: number): bigint {
    return register === 31 ? 0n : this.#registers[register]!;
  }
  #set(register: number, value: bigint): void {
    if (register !== 31) this.#registers[register] = u64(value);
  }
  #load(address: bigint): bigint {
    return this.room.getBigUint64(Number(address) - memory.list, true);
  }
  #sum(left: bigint, right: bigint, carry: bigint): bigint {
    const result = u64(left + right + carry);
    this.#flags = {
      negative: i64(result) < 0n,
      zero: result === 0n,
      carry: left + right + carry !== result,
      overflow: i64(left) + i64(right) + carry !== i64(result),
    };
    return result;
  }
  #holds(condition: number): boolean {
    const { negative, zero, carry, overflow } = this.#flags;
    const known: Readonly<Record<number, boolean>> = { 0: zero, 1: !zero, 3: !carry, 13: zero || negative !== overflow, 14: true };
    return known[condition] ?? assert.fail(`condition ${condition}`);
  }

  #system(): void {
    const call = [8, 0, 1, 2, 3, 4, 5].map((register) => Number(i64(this.#get(register))));
    if (call[0] === 94) this.#status = call[1];
    else this.#set(0, BigInt(this.#kernel(call, this.room)));
  }

  /** Bits that say which instruction it is, under a mask; what it does with the rest of the word. */
  readonly #instructions: readonly (readonly [bits: number, mask: number, act: (word: number) => void])[] = [
    [0xd4000001, 0xffffffff, () => this.#system()],
    [0xd2800000, 0xffe00000, (word) => this.#set(word & 31, BigInt((word >>> 5) & 0xffff))],
    [
      0xf2a00000, // movk, lsl 16
      0xffe00000,
      (word) => this.#set(word & 31, (this.#get(word & 31) & ~0xffff_0000n) | (BigInt((word >>> 5) & 0xffff) << 16n)),
    ],
    [0xaa0003e0, 0xffe0ffe0, (word) => this.#set(word & 31, this.#get((word >>> 16) & 31))],
    [0xcb0003e0, 0xffe0ffe0, (word) => this.#set(word & 31, -this.#get((word >>> 16) & 31))],
    [
      0x8b000000, // add, with a shift
      0xffe00000,
      (word) => this.#set(word & 31, this.#get((word >>> 5) & 31) + (this.#get((word >>> 16) & 31) << BigInt((word >>> 10) & 63))),
    ],
    [0xf9400000, 0xffc00000, (word) => this.#set(word & 31, this.#load(this.#address(word)))],
    [0xf9000000, 0xffc00000, (word) => this.room.setBigUint64(Number(this.#address(word)) - memory.list, this.#get(word & 31), true)],
    [
      0xa9400000, // ldp
      0xffc00000,
      (word) => {
        const address = this.#get((word >>> 5) & 31) + BigInt((word >>> 15) & 0x7f) * 8n;
        this.#set(word & 31, this.#load(address));
        this.#set((word >>> 10) & 31, this.#load(address + 8n));
      },
    ],
    [0x91000000, 0xffc00000, (word) => this.#set(word & 31, this.#get((word >>> 5) & 31) + this.#immediate(word))],
    [0xb1000000, 0xffc00000, (word) => this.#set(word & 31, this.#sum(this.#get((word >>> 5) & 31), this.#immediate(word), 0n))],
    [0xf1000000, 0xffc00000, (word) => this.#set(word & 31, this.#sum(this.#get((word >>> 5) & 31), u64(~this.#immediate(word)), 1n))],
    [
      0x54000000, // b.condition
      0xff000010,
      (word) => {
        if (this.#holds(word & 15)) this.#at += ((word << 8) >> 13) * 4 - 4;
      },
    ],
  ];

  #immediate(word: number): bigint {
    return BigInt((word >>> 10) & 0xfff);
  }
  #address(word: number): bigint {
    return this.#get((word >>> 5) & 31) + this.#immediate(word) * 8n;
  }

  run(): number {
    for (let step = 0; step < mostSteps; step++) {
      const word = code.readUInt32LE(this.#at);
      const found = this.#instructions.find(([bits, mask]) => (word & mask) >>> 0 === bits);
      if (!found) assert.fail(`no such instruction: ${word.toString(16)} at ${this.#at}`);
      this.#at += 4;
      found[2](word);
      if (this.#status !== undefined) return this.#status;
    }
    return assert.fail("it does not end");
  }
}

/** A call: its answer, and what to do if that is a failure. */
type Call = readonly [answer: number, otherwise: bigint];

interface Told {
  readonly calls: readonly Call[];
  readonly replyBytes: number;
}

const wordsAt = 1024;
const tableAt = 2048;

function putList(room: DataView, { calls, replyBytes }: Told, from: number): void {
  const put = (at: number, values: readonly bigint[]): void => {
    for (const [index, value] of values.entries()) room.setBigUint64(at + index * 8, value, true);
  };
  put(0, [BigInt(calls.length), BigInt(replyBytes), BigInt(memory.list + tableAt)]);
  for (const [index, [, otherwise]] of calls.entries()) {
    const number = BigInt(from + index);
    put(24 + index * 64, [number, ...[1n, 2n, 3n, 4n, 5n, 6n].map((nth) => number * 10n + nth), otherwise]);
  }
  put(wordsAt, [17n]);
  put(tableAt + 9 * 16, [0xabcn, 21n]);
}

/** What the kernel was asked, in words, and how the hand ended. */
function play(lists: readonly Told[]): readonly string[] {
  const seen: string[] = [];
  let heard = 0;
  const processor = new Processor(([number = 0, ...args], room) => {
    const [to, at = 0, bytes = 0] = args;
    if (number === 63) {
      assert.deepEqual([to, at, bytes], [socket, memory.list, memory.listBytes]);
      const list = lists[heard++];
      if (list) putList(room, list, heard * 1000);
      return list ? 500 : 0;
    }
    if (number === 64) {
      const answers = [0, 1].map((index) => room.getBigInt64(24 + index * 64, true));
      seen.push(to === socket ? `reply ${at - memory.list} ${bytes}: ${answers.join(" ")}` : `write ${to} ${at.toString(16)} ${bytes}`);
      return bytes;
    }
    seen.push(`${number} ${args.map((argument) => argument - number * 10).join("")}`);
    return lists[Math.floor(number / 1000) - 1]!.calls[number % 1000]![0];
  });
  const status = processor.run();
  return [...seen, `ended ${status}`];
}

const words = BigInt(memory.list + wordsAt);
const said = [`write 2 ${(memory.list + wordsAt + 8).toString(16)} 17`, "write 2 abc 21"];

const cases: readonly (readonly [string, readonly Told[], readonly string[]])[] = [
  ["nobody at the other end: it ends", [], ["ended 255"]],
  [
    "lists one after the other, each answered",
    [
      {
        calls: [
          [7, stop],
          [0, stop],
        ],
        replyBytes: 152,
      },
      {
        calls: [
          [-4096, stop],
          [1, goOn],
        ],
        replyBytes: 99,
      },
    ],
    ["1000 123456", "1001 123456", "reply 0 152: 7 0", "2000 123456", "2001 123456", "reply 0 99: -4096 1", "ended 255"],
  ],
  [
    "the first that fails is the last made",
    [
      {
        calls: [
          [-4095, stop],
          [0, stop],
        ],
        replyBytes: 8,
      },
    ],
    ["1000 123456", "reply 0 8: -4095 1001", "ended 255"],
  ],
  [
    "but not one that may fail",
    [
      {
        calls: [
          [-9, goOn],
          [5, stop],
        ],
        replyBytes: 8,
      },
    ],
    ["1000 123456", "1001 123456", "reply 0 8: -9 5", "ended 255"],
  ],
  [
    "the last list: words of a failure and of its errno",
    [
      {
        calls: [
          [0, words],
          [-9, words],
          [0, stop],
        ],
        replyBytes: 0,
      },
    ],
    ["1000 123456", "1001 123456", ...said, "ended 255"],
  ],
  [
    "the last list: a failure without words",
    [
      {
        calls: [
          [-9, stop],
          [0, stop],
        ],
        replyBytes: 0,
      },
    ],
    ["1000 123456", "ended 255"],
  ],
  [
    "the last list, at its end",
    [
      {
        calls: [
          [0, words],
          [-9, goOn],
        ],
        replyBytes: 0,
      },
    ],
    ["1000 123456", "1001 123456", "ended 255"],
  ],
];

for (const [name, lists, want] of cases) test(`the hand for arm64: ${name}`, () => assert.deepEqual(play(lists), want));
