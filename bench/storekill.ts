// kill -9 of `dhow store` under load, round after round on a real disk: what was acknowledged is there, what was deleted is not.
// Invariant: what was sent and not answered may be either; everything else is known, and looked at after every single kill.
// Called by: hand, `sh bin/node bench/storekill.ts [--rounds 200] [--seed N] [--writers N]`. Exits with 1 if anything is lost.
// Next on the way: support/killround.ts.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededPrng } from "#lib";
import { percentile } from "./support/cluster.ts";
import { EtcdServer } from "./support/etcdserver.ts";
import { checkRound, forget, type Known, loadUntilKilled } from "./support/killround.ts";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    writers: { type: "string", default: "64" },
  },
});
const rounds = Number(flags.rounds);
const prng = seededPrng(Number(flags.seed));
/** After so many rounds old keys are deleted and compacted: recovery is measured at one size, and compaction is killed, too. */
const roundsKept = 20;
const maxAcknowledged = 2500;

const server = new EtcdServer("dhow", ["sh", join(import.meta.dirname, "../bin/dhow"), "store"]);
const destroy = (): Promise<void> => server.destroy();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void destroy().then(() => process.exit(130)));

const recoveriesMs: number[] = [];
let acknowledged = 0;
let lost = 0;
let known: Known = { present: new Set(), absent: new Set() };

try {
  await server.start();
  for (let round = 0; round < rounds; round++) {
    const killAfter = prng.between(1, maxAcknowledged);
    const answered = await loadUntilKilled(server, { round, writers: Number(flags.writers), killAfter, known });
    acknowledged += answered;
    recoveriesMs.push(await server.start());
    const problems = await checkRound(server, known);
    lost += problems.length;
    for (const problem of problems.slice(0, 5)) console.log(`round ${round}: ${problem}`);
    if ((round + 1) % roundsKept === 0) {
      console.log(`${round + 1} rounds, ${acknowledged} writes acknowledged, ${lost} lost`);
      known = await forget(server);
    }
  }
} finally {
  await destroy();
}
const ms = (value: number): string => `${value.toFixed(0)} ms`;
console.log(
  `${rounds} kills, ${acknowledged} acknowledged writes, ${lost} lost; until it serves again: ` +
    `p50 ${ms(percentile(recoveriesMs, 50))}, p99 ${ms(percentile(recoveriesMs, 99))}, max ${ms(Math.max(...recoveriesMs))}`,
);
process.exitCode = lost === 0 ? 0 : 1;
