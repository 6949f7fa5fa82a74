// The linearizability checker itself: histories known to be good, and histories known to be bad, which it must refuse.
// Invariant: agrees with a search that tries every order, on every small history that chance comes up with.
// Called by: the test runner. Next on the way: linear.ts.

import { strictEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { seededPrng } from "#lib";
import { isLinearizable, type Model, type Operation } from "./linear.ts";

/** A register: `w1` writes 1; the output of a read is what it read. */
const register: Model<string, string> = {
  initial: "0",
  step(state, input, output) {
    if (input.startsWith("w")) return input.slice(1);
    return output === undefined || output === state ? state : undefined;
  },
};

type Op = Operation<string, string>;

/** `w1 0-5` is a write of 1, `r=1 2-3` a read of 1, `w1 0-?` a write that was never answered. */
function parse(text: string): Op[] {
  return text.split(", ").map((one): Op => {
    const [, what = "", read, start, end] = /^(r|w\d+)(?:=(\d+))? (\d+)-(\d+|\?)$/.exec(one) ?? [];
    const answered = end !== "?";
    const output = answered ? (read ?? "ok") : undefined;
    return { input: what, output, startMs: Number(start), endMs: answered ? Number(end) : Number.POSITIVE_INFINITY };
  });
}

const good: readonly (readonly [string, string])[] = [
  ["one after the other", "w1 0-1, r=1 2-3, w2 4-5, r=2 6-7"],
  ["a read during a write sees the old value", "w1 0-9, r=0 2-3"],
  ["or the new one", "w1 0-9, r=1 2-3"],
  ["two writes at once, in either order", "w1 0-9, w2 0-9, r=1 10-11"],
  ["readers agree while a write is under way", "w1 0-9, r=0 1-2, r=1 3-4, r=1 5-6"],
  ["what was never answered may not have been", "w1 0-?, r=0 2-3, r=0 4-5"],
  ["or may have been, later than asked", "w1 0-?, r=0 2-3, r=1 4-5"],
  ["ends that touch a start count as at once", "w1 0-2, r=0 2-3"],
  ["nothing at all but what nobody answered", "w1 0-?, w2 1-?"],
];

const bad: readonly (readonly [string, string])[] = [
  ["a stale read", "w1 0-1, r=0 2-3"],
  ["a lost write", "w1 0-1, w2 2-3, r=1 4-5"],
  ["time runs back between two readers", "w1 0-9, r=1 1-2, r=0 3-4"],
  ["out of nowhere", "w1 0-1, r=7 2-3"],
  ["the unanswered one takes place twice", "w1 0-?, w2 2-3, r=1 4-5, w2 6-7, r=1 8-9"],
  ["a read before the unanswered one was asked", "r=1 0-1, w1 2-?"],
  ["two readers disagree about the order of two writes", "w1 0-9, w2 0-9, r=1 10-11, r=2 12-13"],
];

describe("linearizability", () => {
  for (const [name, history] of good) test(`good: ${name}`, () => strictEqual(isLinearizable(register, parse(history)), true));
  for (const [name, history] of bad) test(`bad: ${name}`, () => strictEqual(isLinearizable(register, parse(history)), false));
});

/** Every order and every choice of which unanswered ones took place: slow, and too simple to be wrong. */
function byTrying(state: string, left: readonly Op[]): boolean {
  if (left.every((one) => one.output === undefined)) return true;
  return left.some((one, at) => {
    if (left.some((other) => other.endMs < one.startMs)) return false;
    const after = register.step(state, one.input, one.output);
    return after !== undefined && byTrying(after, left.toSpliced(at, 1));
  });
}

test("agrees with trying every order", () => {
  const verdicts = { good: 0, bad: 0 };
  for (let seed = 1; seed <= 400; seed++) {
    const prng = seededPrng(seed);
    const history = Array.from({ length: prng.between(2, 6) }, (): Op => {
      const startMs = prng.between(0, 20);
      const write = prng.next() < 0.5;
      const answered = prng.next() < 0.8;
      return {
        input: write ? `w${prng.between(1, 2)}` : "r",
        output: answered ? (write ? "ok" : `${prng.between(0, 2)}`) : undefined,
        startMs,
        endMs: answered ? startMs + prng.between(0, 12) : Number.POSITIVE_INFINITY,
      };
    });
    const found = isLinearizable(register, history);
    strictEqual(found, byTrying("0", history), `seed ${seed}`);
    verdicts[found ? "good" : "bad"] += 1;
  }
  // Neither answer is so rare that it was not tried.
  strictEqual(Math.min(verdicts.good, verdicts.bad) > 50, true, JSON.stringify(verdicts));
});
