// Frames gathered for a socket: the bytes are those of the frames one after the other, and what was taken stays as it was.
// Invariant: no size of payload, and no number of frames between two takings, makes a difference.
// Called by: the test runner. Next on the way: outgoing.ts.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frameOf } from "./frames.ts";
import { Outgoing } from "./outgoing.ts";

test("what is taken is every frame since the last taking, in order, and is never written again", () => {
  const payload = fc.oneof(fc.nat(40), fc.nat(700), fc.nat(5000)).map((size) => Buffer.alloc(size, size % 251));
  const property = fc.property(fc.array(fc.array(payload, { maxLength: 12 }), { maxLength: 8 }), (turns) => {
    const outgoing = new Outgoing();
    const taken: [Uint8Array, Buffer][] = [];
    for (const [turn, payloads] of turns.entries()) {
      for (const [index, bytes] of payloads.entries()) outgoing.frame(turn, index, 7, bytes);
      taken.push([outgoing.take(), Buffer.concat(payloads.map((bytes, index) => frameOf(turn, index, 7, bytes)))]);
    }
    for (const [bytes, want] of taken) deepStrictEqual(Buffer.from(bytes), want);
    strictEqual(outgoing.take().length, 0);
  });
  fc.assert(property, { numRuns: 300, seed: 42 });
});
