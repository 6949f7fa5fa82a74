// Planted bugs fit the code: whoever changes a line that carries one hears of it at once, not in the long run of mutants.
// Invariant: every bug has a name of its own, and its text stands exactly once where it says.
// Called by: the test runner. Next on the way: planted.ts, listed.ts.

import { notStrictEqual, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { applyMutant, parseMutant } from "#lab";
import { readListed } from "./listed.ts";
import { readPlanted } from "./planted.ts";

const root = join(import.meta.dirname, "..");
const planted = [...readPlanted(root), ...readListed(root)];

for (const { name, mutant: text } of planted) {
  test(`planted bug ${name} fits`, () => {
    const mutant = parseMutant(text);
    const source = readFileSync(join(root, mutant.file), "utf8");
    notStrictEqual(applyMutant(source, mutant), source);
  });
}

test("every planted bug has a name of its own", () => {
  strictEqual(new Set(planted.map(({ name }) => name)).size, planted.length);
});
