// Planted bugs: each breaks the store in memory only, and the simulation's seeds must find it.
// Invariant: a bug that no seed finds within the bound fails the run, by name; so does one that makes a member go round and round.
// Called by: sim.ts (`--planted`), mutants.ts, planted.test.ts. Next on the way: src/sim/regressions/planted.txt, src/cli/lab/hooks.ts.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const mostSeeds = 1000;
/** Far beyond what so many seeds take: only for what never ends. */
const patienceMs = 240_000;

export interface Planted {
  readonly name: string;
  readonly mutant: string;
}

export function readPlanted(root: string): readonly Planted[] {
  const lines = readFileSync(join(root, "src/sim/regressions/planted.txt"), "utf8").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const space = line.indexOf(" ");
      return { name: line.slice(0, space), mutant: line.slice(space + 1) };
    });
}

/** Each in a process of its own, whose modules carry the bug. True: all were found. */
export function playPlanted(root: string, only?: string): boolean {
  const chosen = readPlanted(root).filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) console.log(`✖ no planted bug is called ${only}`);
  const missed = chosen.filter((one) => !isFound(root, one));
  return chosen.length > 0 && missed.length === 0;
}

function isFound(root: string, { name, mutant }: Planted): boolean {
  const seeds = ["--store", "--seeds", `1..${mostSeeds}`, "--until-first"];
  const args = ["--import", join(root, "src/cli/lab/hooks.ts"), join(root, "tools/sim.ts"), ...seeds];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, ...args], {
    encoding: "utf8",
    timeout: patienceMs,
    killSignal: "SIGKILL",
    env: { ...process.env, NODE_OPTIONS: "", DHOW_MUTANTS: mutant },
  });
  const [, promise] = /^✖ ([^:\n]+)/m.exec(stdout) ?? [];
  const [, seed] = /--seed (\d+)/.exec(stdout) ?? [];
  if (status === 1 && seed) {
    console.log(`✔ planted bug ${name}: found by seed ${seed} (${promise})`);
    return true;
  }
  const why =
    status === 0 ? `in ${mostSeeds} seeds` : status === null ? "it goes round and round" : `the run ended with ${status}: ${stderr.trim()}`;
  console.log(`✖ planted bug ${name}: not found: ${why}`);
  return false;
}
