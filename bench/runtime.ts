// Our OCI runtime beside runc and crun: create, start and delete of `true`, many at once, and what a waiting container weighs.
// Invariant: the runtimes take turns within one run, on one bundle; what is compared is the ratio, since the machine has other work.
// Called by: hand, as root, `sh bin/node bench/runtime.ts [--rounds 20] [--at-once 50]`. Next on the way: support/runtimeruns.ts.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { percentile } from "./support/cluster.ts";
import { openMachine } from "#runtime";
import { Bundle, type Cost, type RuntimeUnderTest } from "./support/runtimeruns.ts";

const { values: flags } = parseArgs({
  options: { rounds: { type: "string", default: "20" }, "at-once": { type: "string", default: "50" } },
});
const rounds = Number(flags.rounds);
const atOnce = Number(flags["at-once"]);

/** crun 1.8 takes no machine with both versions of control groups: in a mount namespace of its own it does not see version 2. */
const hidesV2 = existsSync("/sys/fs/cgroup/unified");
const known: readonly (RuntimeUnderTest & { readonly there: boolean })[] = [
  { name: "dhow", path: join(import.meta.dirname, "../bin/dhow-runtime"), there: true },
  { name: "runc", path: "/usr/sbin/runc", there: existsSync("/usr/sbin/runc") },
  { name: "crun", path: "/usr/bin/crun", there: existsSync("/usr/bin/crun") && !hidesV2 },
];
const runtimes = known.filter(({ there }) => there);
if (hidesV2) console.log("crun is left out: it takes no machine with both versions of control groups");

const bundle = new Bundle();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    bundle.destroy();
    process.exit(130);
  });

function show(name: string, costs: readonly Cost[], reference: readonly Cost[] | undefined): void {
  const of = (list: readonly Cost[], key: keyof Cost): number =>
    percentile(
      list.map((cost) => cost[key]),
      50,
    );
  const ratio = (key: keyof Cost): string => (reference ? ` (${(of(costs, key) / of(reference, key)).toFixed(1)} x runc)` : "");
  console.log(
    `  ${name}: p50 ${of(costs, "wallMs").toFixed(0)} ms${ratio("wallMs")}, CPU ${of(costs, "cpuMs").toFixed(0)} ms${ratio("cpuMs")}`,
  );
}

try {
  const costs = new Map<string, Cost[]>(runtimes.map(({ name }) => [name, []]));
  const machine = openMachine({ entry: [join(import.meta.dirname, "../src/runtime/main.ts")] });
  costs.set("dhow, by the library", []);
  for (let round = 0; round < rounds; round++) {
    for (const runtime of runtimes) costs.get(runtime.name)!.push(await bundle.cycle(runtime, `b${round}`));
    costs.get("dhow, by the library")!.push(await bundle.libraryCycle(machine, `b${round}`));
  }
  console.log(`create, start, delete of \`true\`, ${rounds} rounds in turns`);
  for (const [name, list] of costs) show(name, list, name === "runc" ? undefined : costs.get("runc"));

  console.log(`${atOnce} at once, until the last is deleted`);
  for (const runtime of runtimes) {
    const started = performance.now();
    await Promise.all(Array.from({ length: atOnce }, (_none, index) => bundle.cycle(runtime, `m${index}`)));
    console.log(`  ${runtime.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }

  console.log("a created container that waits");
  for (const runtime of runtimes) {
    const { privateKiB, sharedKiB, threads } = await bundle.waiting(runtime);
    console.log(
      `  ${runtime.name}: ${(privateKiB / 1024).toFixed(1)} MiB of its own, ${(sharedKiB / 1024).toFixed(1)} MiB of files, ${threads} threads`,
    );
  }
} finally {
  bundle.destroy();
}
