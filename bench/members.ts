// Three members of `dhow store` beside three etcds, in one run with one client: puts and linearizable ranges, on the leader and on a follower.
// Invariant: the two clusters take turns; CPU is that of the member asked. fsync is on, and all six share this machine's disk.
// Called by: hand, `sh bin/node bench/members.ts [--rounds N] [--etcd PROGRAM]`. Next on the way: support/storeruns.ts.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { ClusterSession } from "../conformance/etcd/cluster/members.ts";
import { percentile } from "./support/cluster.ts";
import { h2loadMissing } from "./support/h2load.ts";
import { puts, ranges, type Run } from "./support/storeruns.ts";

const { values: flags } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, etcd: { type: "string", default: "/usr/bin/etcd" } },
});
const missing = h2loadMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}
const clusters = [
  { name: "dhow", session: new ClusterSession(["sh", join(import.meta.dirname, "../bin/dhow"), "store"], "") },
  { name: "etcd", session: new ClusterSession([flags.etcd], "") },
];

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

/** Each cluster's median of each figure, and ours divided by etcd's. */
async function compare(name: string, leads: boolean, turn: typeof puts, requests: number, inFlight: number): Promise<void> {
  const runs: Run[][] = clusters.map(() => []);
  for (let round = 0; round < Number(flags.rounds); round++)
    for (const [at, { session }] of clusters.entries()) {
      const place = (await session.places()).find((one) => one.leads === leads)!;
      runs[at]!.push(await turn(place, requests, inFlight));
    }
  console.log(`${name}, ${inFlight} in flight, on ${leads ? "the leader" : "a follower"}`);
  for (const figure of ["perSecond", "p50Ms", "p99Ms", "cpuMicros"] as const) {
    const [ours = 0, theirs = 0] = runs.map((run) =>
      percentile(
        run.map((one) => one[figure]),
        50,
      ),
    );
    console.log(`  ${figure.padEnd(10)} dhow ${shown(ours).padEnd(9)} etcd ${shown(theirs).padEnd(9)} ratio ${(ours / theirs).toFixed(2)}`);
  }
}

try {
  for (const { session } of clusters) await session.open(3);
  for (const leads of [true, false]) {
    // The compiler has seen everything once before anything is counted.
    for (const { session } of clusters) await puts((await session.places()).find((one) => one.leads === leads)!, 4000, 64);
    await compare("put 1 KiB", leads, puts, 2000, 1);
    await compare("put 1 KiB", leads, puts, 8000, 64);
    await compare("put 1 KiB", leads, puts, 16_000, 256);
    await compare("linearizable range", leads, ranges, 16_000, 256);
  }
} finally {
  for (const { session } of clusters) await session.close();
}
