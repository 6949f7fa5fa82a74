// Some seeds, every time: a quick look at what `npm run sim -- --store --seeds 1..10000` looks at for long; and every seed that once found something.
// Invariant: a seed's life is the same each time, to the last event.
// Called by: the test runner. Next on the way: run.ts.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crashRounds } from "./rounds.ts";
import { runStore } from "./run.ts";

const regressions = readFileSync(join(import.meta.dirname, "../regressions/store.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

async function keeps(seed: number): Promise<void> {
  const { violation, answers } = await runStore(seed);
  strictEqual(violation, undefined, `npm run sim -- --store --seed ${seed} --trace`);
  strictEqual(answers > 0, true, `seed ${seed} was a life without a client`);
}

for (let seed = 1; seed <= 20; seed++) test(`seed ${seed} keeps every promise`, () => keeps(seed));

for (const line of regressions) test(`regression: seed ${line}`, () => keeps(Number.parseInt(line, 10)));

test("one seed is one story", async () => {
  const [first, again] = [await runStore(7, { trace: true }), await runStore(7, { trace: true })];
  deepStrictEqual(again, first);
  strictEqual(first.lines.length > 5, true);
});

test("forty crashes of one disk lose nothing that was acknowledged", async () => {
  const { acknowledged, found, gone } = await crashRounds(1, 40);
  strictEqual(acknowledged > 1000, true, `${acknowledged}`);
  // Crashes came while something was under way.
  strictEqual(found > 0 && gone > 0, true, `${found} ${gone}`);
});
