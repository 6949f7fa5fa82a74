// `sh bin/node e2e/chaos.ts --minutes 5 [--seed N]`: the long form of chaos.e2e.ts, for people. Needs root.
// Invariant: the seed that is printed plays the same choices again; what they hit depends on the machine's pace.
// Called by: people. Next on the way: e2e/chaos/run.ts.

import { parseArgs } from "node:util";
import { runChaos } from "./chaos/run.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "5" }, seed: { type: "string" } } });
const startedMs = performance.now();
await runChaos({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed ?? Date.now() % 1_000_000),
  say: (line) => console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}`),
});
