// Few texts and many come out in the platform's own order.
// Invariant shown: the same array, sorted by UTF-16 units, whatever its length.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seededPrng } from "#lib";
import { sortTexts } from "./sorttexts.ts";

const letters = ["", "a", "b", "B", ".", "f:", "z", "é", "\ud83d\ude00", "\uffff"];

test("as the platform sorts", () => {
  const prng = seededPrng(3);
  for (let round = 0; round < 300; round++) {
    const texts = Array.from({ length: round % 70 }, () =>
      Array.from({ length: 3 }, () => letters[Math.floor(prng.next() * letters.length)]!).join(""),
    );
    const expected = [...texts].sort();
    const sorted = sortTexts(texts);
    assert.equal(sorted, texts);
    assert.deepEqual(sorted, expected);
  }
});
