// A page played in a world of answers: what counts as green, what must go red, what is reported, what UPDATE would write.
// Invariant: a lab that teaches something untrue fails, in each of the ways it can be untrue.
// Called by: npm test. Next on the way: `npm run labs`, the same with real worlds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#lib";
import { parsePage } from "./format.ts";
import { play, type Stage } from "./player.ts";
import type { Ran, World } from "./world.ts";

const page = parsePage(
  "labs/00-x/lab.md",
  `---
minutes: 1
breaks:
  off:
    change: "src/a.ts#f: 'a' => 'b'"
    caughtBy: src/a.test.ts
---
# Lamps

The lamp is on. It says which.

\`\`\`run
$ which
lamp <lamp>
\`\`\`

The lamp shines.

\`\`\`check shines
$ lamp <lamp>
on
\`\`\`

\`\`\`break off
$ lamp <lamp>
off
\`\`\`

\`\`\`heal
\`\`\`
`,
);

/** A lamp that is off while the mutant is in; `stuck` lamps do not care. */
function lampWorld(stuck?: "on" | "off"): World & { readonly asked: string[]; readonly mutants: string[][] } {
  const asked: string[] = [];
  const mutants: string[][] = [];
  return {
    folder: "",
    env: {},
    asked,
    mutants,
    run(command): Promise<Ran> {
      asked.push(command);
      const broken = (mutants.at(-1) ?? []).length > 0;
      const output = command === "which" ? "lamp 7" : (stuck ?? (broken ? "off" : "on"));
      return Promise.resolve({ code: 0, output: `${output}\n` });
    },
    mutate(texts) {
      mutants.push([...texts]);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

const told: string[] = [];
const stage: Stage = {
  prose: () => undefined,
  command: () => undefined,
  output: () => undefined,
  verdict: (ok, text) => void told.push(`${ok ? "✔" : "✖"} ${text}`),
  note: () => undefined,
  excerpt: () => Promise.resolve(),
  ask: () => Promise.resolve(),
  next: () => Promise.resolve(),
};
const playIn = (world: World, breaks: readonly string[] = ["off"]) => play(page, world, { clock: new ManualClock(), stage, breaks });

test("healthy is green, broken is red, healed is green; captures go into commands", async () => {
  const world = lampWorld();
  told.length = 0;
  assert.deepEqual(await playIn(world), { failures: [], updates: [] });
  assert.deepEqual(told, ["✔ check shines is green", "✔ check shines is red, as it should be", "✔ check shines is green"]);
  assert.deepEqual(world.asked, ["which", "lamp 7", "lamp 7", "lamp 7", "lamp 7"]);
  assert.deepEqual(world.mutants, [["src/a.ts#f: 'a' => 'b'"], []]);
});

test("breaks that are not asked for are skipped with everything up to their heal", async () => {
  const world = lampWorld();
  await playIn(world, []);
  assert.deepEqual([world.asked.length, world.mutants.length], [2, 0]);
});

test("a break that breaks nothing is a failure, with the sentence", async () => {
  const { failures, updates } = await playIn(lampWorld("on"));
  assert.match(failures.join("\n"), /labs\/00-x\/lab.md:25: `lamp 7` prints something else. Now wrong: "The lamp shines."/);
  assert.match(failures.join("\n"), /break off does not turn check shines red/);
  assert.deepEqual(updates, [{ from: 25, to: 26, lines: ["$ lamp <lamp>", "on"] }]);
});

test("a check that is red while all should be well is a failure, before and after", async () => {
  const { failures } = await playIn(lampWorld("off"));
  assert.equal(failures.filter((failure) => failure.includes("check shines is red")).length, 2);
});
