// Which writes hold up the loop: told as rows of what came, with what each was given.
// Invariant shown: never a second one in a turn, never after a slow one, never one that is not alone, until trust is back.
// Called by: npm test. Next on the way: inplace.ts.

import { strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { settled } from "#lib";
import { InPlace } from "./inplace.ts";

/** A letter is a write: `q` quick, `s` slow, both alone; `c` quick, in a crowd; `l` large. A space is a new turn. Back comes `h` for here and `t` for the thread. */
async function told(story: string): Promise<string> {
  let turn = Promise.withResolvers<void>();
  const inPlace = new InPlace(() => turn.promise);
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
    inPlace.took(one === "s" ? 2.1 : 2);
  }
  return text;
}

const rows: readonly { readonly name: string; readonly story: string; readonly given: string }[] = [
  { name: "trust comes with eight quick ones", story: "q q q q q q q q q q", given: "t t t t t t t t h h" },
  { name: "a slow one begins anew", story: "q q q q q q q q s q q q q q q q q q", given: "t t t t t t t t h t t t t t t t t h" },
  { name: "slow ones never come here", story: "s s s s s s s s s s s", given: "t t t t t t t t t t t" },
  { name: "a crowd in one batch", story: "q q q q q q q q c q q q q q q q q q", given: "t t t t t t t t t t t t t t t t h h" },
  { name: "a crowd one by one in a turn", story: "q q q q q q q q qqq q", given: "t t t t t t t t htt t" },
  { name: "a large one", story: "q q q q q q q q q l q", given: "t t t t t t t t h t h" },
  { name: "and it has to be away for as long", story: "q q q q q q q q qq q q q q q q q q", given: "t t t t t t t t ht t t t t t t t h" },
];

for (const { name, story, given } of rows) test(name, async () => strictEqual(await told(story), given));
