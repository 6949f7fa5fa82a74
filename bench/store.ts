// `dhow store` beside an etcd, in one run with one client: puts, linearizable ranges, watch fan-out, memory, restart. fsync is on.
// Invariant: the two take turns, so that a busy machine is busy for both; what is printed is the median of the rounds and its ratio.
// Called by: hand, `sh bin/node bench/store.ts [--rounds N] [--etcd PROGRAM] [--only puts,ranges,watch,keys] [--keys N]`.
// Next on the way: support/storeruns.ts.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cpuMs, percentile } from "./support/cluster.ts";
import { EtcdServer } from "./support/etcdserver.ts";
import { h2loadMissing } from "./support/h2load.ts";
import { fanOut, fill, puts, ranges } from "./support/storeruns.ts";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    etcd: { type: "string", default: "/usr/bin/etcd" },
    only: { type: "string", default: "puts,ranges,watch,keys" },
    keys: { type: "string", default: "100000" },
  },
});
const rounds = Number(flags.rounds);
const keys = Number(flags.keys);
const parts = new Set(flags.only.split(","));
const missing = h2loadMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}

const ours = new EtcdServer("dhow", ["sh", join(import.meta.dirname, "../bin/dhow"), "store"]);
const servers = existsSync(flags.etcd) ? [ours, new EtcdServer("etcd", [flags.etcd])] : [ours];
if (servers.length === 1) console.log(`no ${flags.etcd}: dhow alone`);

const median = (values: readonly number[]): number => percentile(values, 50);
const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** Each figure's median, server by server, and ours divided by etcd's. */
async function compare<Figures extends object>(name: string, turns: number, turn: (server: EtcdServer) => Promise<Figures>): Promise<void> {
  const runs = servers.map((): Figures[] => []);
  for (let round = 0; round < turns; round++) {
    // Who was first is second the next time.
    const order = [...servers.entries()];
    for (const [at, server] of round % 2 === 0 ? order : order.reverse()) runs[at]!.push(await turn(server));
  }
  const figures = Object.keys(runs[0]![0]!) as (keyof Figures & string)[];
  console.log(name);
  for (const figure of figures) {
    const medians = runs.map((run) => median(run.map((one) => Number(one[figure]))));
    const each = servers.map((server, at) => `${server.name} ${shown(medians[at]!)}`.padEnd(16)).join("");
    console.log(`  ${figure.padEnd(16)}${each}${medians.length > 1 ? `ratio ${(medians[0]! / medians[1]!).toFixed(2)}` : ""}`);
  }
}

// Each takes a second or so: CPU is counted in hundredths of one.
const requestsOf: Readonly<Record<number, number>> = { 1: 4000, 64: 24_000, 256: 48_000, 1000: 64_000 };
const rangeRequests = 60_000;

async function main(): Promise<void> {
  for (const server of servers) await server.start();
  // The compiler has seen everything before anything is counted; so have caches and both servers' own tables.
  for (const server of servers) await puts(server, 16_000, 64);
  if (parts.has("puts"))
    for (const [inFlight, requests] of Object.entries(requestsOf)) {
      for (const server of servers) await puts(server, requests / 4, Number(inFlight));
      await compare(`put 1 KiB, ${inFlight} in flight`, rounds, (server) => puts(server, requests, Number(inFlight)));
    }
  if (parts.has("ranges")) {
    for (const server of servers) await ranges(server, rangeRequests / 2, 64);
    await compare("linearizable range, 64 in flight", rounds, (server) => ranges(server, rangeRequests, 64));
  }
  if (parts.has("watch")) await compare("1,000 watchers of one key", rounds, (server) => fanOut(server, 1000, 30));
  if (!parts.has("keys")) return;
  for (const server of servers) await fill(server, keys);
  await compare(`${keys} keys of 3 KiB`, 1, async (server) => {
    const memoryMiB = server.memoryBytes() / 2 ** 20;
    await server.kill("SIGTERM");
    const restartMs = await server.start();
    const restartCpuMs = cpuMs(server.pid);
    const restartedMiB = server.memoryBytes() / 2 ** 20;
    await server.kill("SIGKILL");
    return { memoryMiB, restartMs, restartCpuMs, restartedMiB, restartKilledMs: await server.start() };
  });
}

const destroy = async (): Promise<void> => {
  for (const server of servers) await server.destroy();
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void destroy().then(() => process.exit(130)));
try {
  await main();
} finally {
  await destroy();
}
