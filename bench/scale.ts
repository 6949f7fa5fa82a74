// A thousand simulated nodes and ten thousand pods: how long until all run, how late the event loops are, what it costs afterwards.
// Invariant: a home of its own in the temporary folder; the cluster is gone when this ends, whatever happened.
// Called by: people (`sh bin/node bench/scale.ts [nodes [pods [deployments]]]`). Next on the way: support/cluster.ts, support/podtimes.ts.

import { setTimeout as wait } from "node:timers/promises";
import type { Deployment } from "#api";
import { createClient, type New } from "#client";
import { systemClock } from "#lib";
import { BenchCluster, percentile } from "./support/cluster.ts";
import { PodTimes } from "./support/podtimes.ts";

const [nodes = 1000, pods = 10_000, deployments = 10] = process.argv.slice(2).map(Number);
const idleMs = 20_000;
const deadlineMs = 240_000;
const quietDeadlineMs = 180_000;
const lookMs = 5000;

function deployment(name: string, replicas: number): New<Deployment> {
  const labels = { app: name };
  return {
    metadata: { name, namespace: "default", labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "main", image: "registry.example/app:1", resources: { requests: { cpu: "10m", memory: "16Mi" } } }] },
      },
    },
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const row = (what: string, value: string): void => console.log(`${what.padEnd(44)} ${value}`);

const cluster = new BenchCluster();

async function tellLag(when: string): Promise<void> {
  for (const { name, p99, max } of await cluster.lag())
    row(`  ${when}event loop of ${name}`, `p99 ${(p99 * 1000).toFixed(1)} ms, max ${(max * 1000).toFixed(1)} ms`);
}

function tellCpu(until: string, since: ReturnType<typeof cluster.cpu>, count: number): void {
  for (const { name, ms } of cluster.cpuSince(since))
    row(`  CPU of ${name} ${until}`, `${seconds(ms)}, ${((ms * 1000) / count).toFixed(0)} us a pod`);
}

/** Events are in less of a hurry than pods: how long until writes come at the rate of leases alone. */
async function quiet(): Promise<number> {
  const startMs = performance.now();
  const written = (requests: ReadonlyMap<string, number>): number =>
    requests
      .entries()
      .filter(([what]) => /^(CREATE|PATCH|UPDATE) /.test(what) && !what.endsWith(" leases"))
      .reduce((sum, [, number]) => sum + number, 0);
  for (let last = written(await cluster.requests()); performance.now() - startMs < quietDeadlineMs; ) {
    await wait(lookMs);
    const now = written(await cluster.requests());
    if (now - last < 10) return performance.now() - startMs - lookMs;
    last = now;
  }
  return Number.NaN;
}

try {
  const upMs = performance.now();
  await cluster.up("--runtime", "simulated", "--simulated-nodes", String(nodes));
  row(`${nodes} nodes Ready`, seconds(performance.now() - upMs));
  const { transport } = cluster;
  const client = createClient({ transport, clock: systemClock() });
  const times = new PodTimes(transport);
  await times.watching;
  await cluster.lag();
  const asked = await cluster.requests();
  const before = cluster.cpu();
  const startMs = performance.now();
  for (let index = 0; index < deployments; index++) {
    await client.resource<Deployment>("deployments.apps").create(deployment(`load-${index}`, Math.floor(pods / deployments)));
  }
  await times.until(Math.floor(pods / deployments) * deployments, deadlineMs);
  const spentMs = performance.now() - startMs;
  const { count, latencies } = times;
  row(`${count} pods Running`, `${seconds(spentMs)}, ${((count * 1000) / spentMs).toFixed(0)} pods/s`);
  row(
    "pod seen created to seen Running, p50 / p99",
    `${percentile(latencies, 50).toFixed(0)} / ${percentile(latencies, 99).toFixed(0)} ms`,
  );
  await tellLag("");
  tellCpu("until all ran", before, count);
  times.close();
  const quietMs = await quiet();
  row("statuses and events written after", seconds(quietMs));
  tellCpu("until all was written", before, count);
  for (const [what, more] of (await cluster.requests()).entries().map(([what, number]) => [what, number - (asked.get(what) ?? 0)] as const))
    if (more >= count / 20 || (more > 0 && what.includes(", "))) row(`  ${what}`, `${(more / count).toFixed(2)} a pod`);
  await cluster.lag();
  const idle = cluster.cpu();
  await wait(idleMs);
  let total = 0;
  for (const { name, ms } of cluster.cpuSince(idle)) {
    total += ms;
    row(`  idle: CPU of ${name}`, `${((100 * ms) / idleMs).toFixed(1)} % of a core`);
  }
  row(`idle over ${idleMs / 1000} s`, `${((100 * total) / idleMs).toFixed(1)} % of a core`);
  await tellLag("idle: ");
  for (const { name, bytes } of cluster.memory()) row(`  memory (PSS) of ${name}`, `${(bytes / 1e6).toFixed(0)} MB`);
} finally {
  cluster.destroy();
}
