// `npm run sim -- --store --seed 42`: a store's members under faults, in virtual time. `--seeds 1..10000` plays many, `--planted` the planted bugs.
// Invariant: a failure prints one line that replays it; exits 0 only if every seed kept every promise (with `--planted`: if every bug was found).
// Called by: package.json, planted.ts for each planted bug. Next on the way: src/sim/store/run.ts.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { crashRounds, runStore } from "#sim/store";
import { playPlanted } from "./planted.ts";

const usage =
  "npm run sim -- --store (--seed N [--trace] | --seeds A..B [--until-first] | --planted [NAME])\n  --trace tells the story; --until-first ends at the first broken promise\nnpm run sim -- --disk [--seed N] [--rounds 1000]\n  a store alone, whose disk crashes again and again";

async function playSeeds(from: number, to: number, untilFirst: boolean, trace: boolean): Promise<boolean> {
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  let broken = 0;
  const sums = { events: 0, committed: 0, answers: 0, elections: 0, faults: 0, virtualMs: 0 };
  let seed = from;
  for (; seed <= to; seed++) {
    const run = await runStore(seed, { trace });
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += run[name];
    if (trace) console.log(run.lines.join("\n"));
    if (run.violation === undefined) continue;
    broken += 1;
    console.log(`✖ ${run.violation}\n  npm run sim -- --store --seed ${seed} --trace`);
    if (untilFirst) break;
  }
  const played = Math.min(seed, to) - from + 1;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const { events, committed, answers, elections, faults, virtualMs } = sums;
  console.log(
    `${broken === 0 ? "✔" : "✖"} ${played} seeds, ${broken} with a broken promise, in ${((performance.now() - startedMs) / 1000).toFixed(1)} s ` +
      `(${Math.round(played / cpuSeconds)} seeds per second of CPU): ${faults} faults, ${elections} elections, ${committed} entries, ` +
      `${answers} answers, ${events} events in ${Math.round(virtualMs / 60_000)} virtual minutes`,
  );
  return broken === 0;
}

/** A store alone, on a disk that crashes again and again. */
async function crash(seed: number, rounds: number): Promise<boolean> {
  const startedMs = performance.now();
  try {
    const { acknowledged, found, gone, whileOpening, compactions, revision } = await crashRounds(seed, rounds);
    console.log(
      `✔ ${rounds} rounds of crash in ${((performance.now() - startedMs) / 1000).toFixed(1)} s, ${whileOpening} of them while the store was opening: ` +
        `${acknowledged} writes acknowledged, 0 of them lost; of those under way ${found} were found and ${gone} were gone; ` +
        `${compactions} compactions, at revision ${revision}`,
    );
    return true;
  } catch (error) {
    console.log(`✖ ${error instanceof Error ? error.message : String(error)}\n  npm run sim -- --disk --seed ${seed} --rounds ${rounds}`);
    return false;
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: "boolean" },
    seed: { type: "string" },
    seeds: { type: "string" },
    trace: { type: "boolean" },
    "until-first": { type: "boolean" },
    planted: { type: "boolean" },
    disk: { type: "boolean" },
    rounds: { type: "string" },
  },
});
const [, from = "", to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(values.seeds ?? values.seed ?? "") ?? [];
if (values.store && values.planted) process.exitCode = playPlanted(join(import.meta.dirname, ".."), positionals[0]) ? 0 : 1;
else if (values.store && from !== "") {
  const fine = await playSeeds(Number(from), Number(to), values["until-first"] ?? false, values.trace ?? false);
  process.exitCode = fine ? 0 : 1;
} else if (values.disk) {
  process.exitCode = (await crash(Number(values.seed ?? 1), Number(values.rounds ?? 1000))) ? 0 : 1;
} else {
  console.error(usage);
  process.exitCode = 2;
}
