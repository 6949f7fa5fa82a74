// Forty seconds of killing: agent, containerd, shims and containers at random; all pods come back and nothing leaks.
// Invariant: see chaos/run.ts; the seed is in the output.
// Called by: npm run e2e. Next on the way: `sh bin/node e2e/chaos.ts --minutes 5`.

import { test } from "node:test";
import { runChaos } from "./chaos/run.ts";

test("thirty pods survive forty seconds of kill -9, and nothing is left of them", { timeout: 420_000 }, async (t) => {
  await runChaos({ seconds: 40, seed: Date.now() % 1_000_000, say: (line) => t.diagnostic(line) });
});
