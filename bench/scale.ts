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
const deadlineMs = 600_000;

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
try {
  const upMs = performance.now();
  await cluster.up("--runtime", "simulated", "--simulated-nodes", String(nodes));
  row(`${nodes} nodes Ready`, seconds(performance.now() - upMs));
  const { transport } = cluster;
  const client = createClient({ transport, clock: systemClock() });
  const times = new PodTimes(transport);
  await times.watching;
  await cluster.lag();
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
  for (const { name, p99, max } of await cluster.lag())
    row(`  event loop of ${name}`, `p99 ${(p99 * 1000).toFixed(1)} ms, max ${(max * 1000).toFixed(1)} ms`);
  for (const { name, ms } of cluster.cpuSince(before))
    row(`  CPU of ${name}`, `${seconds(ms)}, ${((ms * 1000) / count).toFixed(0)} us a pod`);
  times.close();
  const refused = (await cluster.metrics())
    .split("\n")
    .filter((line) => line.startsWith("apiserver_request_total") && line.includes('"429"'));
  for (const line of refused) row("  sent away", line);
  // Statuses of ReplicaSets and the last events are still being written.
  await wait(10_000);
  await cluster.lag();
  const idle = cluster.cpu();
  await wait(idleMs);
  let total = 0;
  for (const { name, ms } of cluster.cpuSince(idle)) {
    total += ms;
    row(`  idle: CPU of ${name}`, `${((100 * ms) / idleMs).toFixed(1)} % of a core`);
  }
  row(`idle over ${idleMs / 1000} s`, `${((100 * total) / idleMs).toFixed(1)} % of a core`);
  for (const { name, p99, max } of await cluster.lag())
    row(`  idle: event loop of ${name}`, `p99 ${(p99 * 1000).toFixed(1)} ms, max ${(max * 1000).toFixed(1)} ms`);
  for (const { name, bytes } of cluster.memory()) row(`  memory of ${name}`, `${(bytes / 1e6).toFixed(0)} MB`);
} finally {
  cluster.destroy();
}
