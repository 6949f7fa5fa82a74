// Which writes hold up the loop: told as rows of what came, with what each was given.
// Invariant shown: never a second one in a turn, never after a slow one, never one that is not alone, until trust is back.
// Called by: npm test. Next on the way: inplace.ts.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { settled } from "#lib";
import { coreWaitMs, coreWaitOf } from "./corewait.ts";
import { InPlace } from "./inplace.ts";

/** A letter is a write: `q` quick, `s` slow, both alone; `c` quick, in a crowd; `l` large. A space is a new turn. Back comes `h` for here and `t` for the thread. */
async function told(story: string, waitMs = 0): Promise<string> {
  let turn = Promise.withResolvers<void>();
  let waited = 1000;
  const inPlace = new InPlace(
    () => turn.promise,
    () => waited,
  );
  let text = "";
  for (const one of story) {
    if (one === " ") {
      turn.resolve();
      turn = Promise.withResolvers<void>();
      await settled();
      text += " ";
      continue;
    }
    text += inPlace.may(one !== "c", one === "l" ? 70_000 : 1000) ? "h" : "t";
    waited += waitMs;
    inPlace.took(one === "s" ? 2.1 : 2);
  }
  return text;
}

const quick = (writes: number): string => " q".repeat(writes);
const by = (who: string, writes: number): string => ` ${who}`.repeat(writes);

const rows: readonly { readonly name: string; readonly story: string; readonly given: string }[] = [
  { name: "trust comes with eight quick ones, and stays", story: quick(40), given: by("t", 8) + by("h", 32) },
  { name: "slow ones never come here", story: " s".repeat(40), given: by("t", 40) },
  {
    name: "one that is slow here asks for twice as many",
    story: `${quick(8)} s${quick(17)}`,
    given: `${by("t", 8)} h${by("t", 16)} h`,
  },
  {
    name: "and is forgiven when as many were quick here",
    story: `${quick(8)} s${quick(32)} s${quick(17)}`,
    given: `${by("t", 8)} h${by("t", 16)}${by("h", 16)} h${by("t", 16)} h`,
  },
  { name: "one that is slow on the thread begins the row anew", story: `${quick(7)} s${quick(9)}`, given: `${by("t", 8)}${by("t", 8)} h` },
  { name: "a crowd in one batch", story: `${quick(8)} c${quick(8)}`, given: `${by("t", 8)} t${by("t", 7)} h` },
  { name: "a crowd one by one in a turn", story: `${quick(8)} qqq${quick(8)}`, given: `${by("t", 8)} htt${by("t", 7)} h` },
  { name: "a large one", story: `${quick(8)} l q`, given: `${by("t", 8)} t h` },
];

for (const { name, story, given } of rows) test(name, async () => strictEqual(await told(story), given));

test("where cores are short the thread has it, after a look at sixty-four", async () => {
  strictEqual(await told(quick(150), 0.06), by("t", 8) + by("h", 64) + by("t", 16) + by("h", 62));
  strictEqual(await told(quick(150), 0.04), by("t", 8) + by("h", 142));
});

test("the wait for a core as Linux tells it, or none", () => {
  deepStrictEqual(["676637045 4339265164 12\n", "", "1 2", "a b c"].map(coreWaitOf), [4339.265164, 0, 0, 0]);
  const before = coreWaitMs();
  strictEqual(coreWaitMs() >= before && before >= 0, true);
});
