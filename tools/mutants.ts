// `npm run mutants`: every mutant of labs and lists against the test that must catch it, and every planted bug of the store against the seeds.
// Invariant: a catcher must be green without the mutant and red with it; anything else fails the run by name.
// Called by: package.json, .ci/run. Next on the way: src/cli/lab/test-run.ts.

import { join } from "node:path";
import { entries, readPage, runTests } from "#lab";
import { readListed } from "./listed.ts";
import { playPlanted } from "./planted.ts";

const root = join(import.meta.dirname, "..");
const green = new Map<string, boolean>();
let failed = 0;

function play(told: string, mutant: string, caughtBy: string): void {
  if (!green.has(caughtBy)) green.set(caughtBy, runTests(root, [caughtBy], {}).passed);
  if (!green.get(caughtBy)) {
    console.log(`✖ ${told}\n  its catcher ${caughtBy} fails already without it`);
    failed += 1;
  } else if (runTests(root, [caughtBy], { mutants: [mutant] }).passed) {
    console.log(`✖ ${told}\n  survives ${caughtBy}`);
    failed += 1;
  } else console.log(`✔ ${told}\n  caught by ${caughtBy}`);
}

for (const { path } of [...entries(root, "labs"), ...entries(root, "docs/tour")])
  for (const { name, mutant, caughtBy } of readPage(root, path).breaks)
    if (mutant && caughtBy !== undefined) play(`${path}: ${name}: ${mutant.text}`, mutant.text, caughtBy);
for (const { name, mutant, caughtBy } of readListed(root)) play(`${name}: ${mutant}`, mutant, caughtBy);
if (!playPlanted(root)) failed += 1;
process.exitCode = failed === 0 ? 0 : 1;
