// From the creation of a pod to Running, on real containers with the image present: one after the other, then all at once.
// Invariant: a cluster of its own that is gone when this ends; times are what a watcher of the API server sees.
// Called by: people, as root (`sh bin/node bench/kubelet.ts [count]`). Next on the way: kubelet/README.md, the way of one pod.

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Pod } from "#api";
import { createClient } from "#client";
import { systemClock } from "#lib";
import { busyboxArchive } from "../e2e/support/images.ts";
import { BenchCluster, percentile } from "./support/cluster.ts";
import { PodTimes } from "./support/podtimes.ts";

const count = Number(process.argv[2] ?? 20);
const image = "dhow.local/busybox:1";
const boundMs = 120_000;
const cluster = new BenchCluster();

function report(what: string, latencies: readonly number[]): void {
  const figure = (which: number): string => `${percentile(latencies, which).toFixed(0)} ms`;
  console.log(`${what.padEnd(28)} p50 ${figure(50)}   p99 ${figure(99)}   (${latencies.length} pods)`);
}

try {
  await cluster.up("--runtime", "containerd");
  const archive = join(cluster.home, "busybox.tar");
  writeFileSync(archive, await busyboxArchive(image));
  cluster.dhow("image", "load", archive);
  const pods = createClient({ transport: cluster.transport, clock: systemClock() }).resource<Pod>("pods");
  const times = new PodTimes(cluster.transport);
  await times.watching;
  const create = (name: string): Promise<unknown> =>
    pods.create({
      metadata: { name, namespace: "default" },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "c", image, command: ["sleep", "3600"] }] },
    });

  console.log(`pod create → Running, image present, ${availableParallelism()} cores`);
  // The first pod of a node pays for what all later ones share.
  await create("first");
  await times.until(1, boundMs);
  report("first", times.latencies.slice(0, 1));
  for (let index = 0; index < count; index++) {
    await create(`one-${index}`);
    await times.until(index + 2, boundMs);
  }
  report("one after the other", times.latencies.slice(1));
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: count }, (_, index) => create(`all-${index}`)));
  await times.until(2 * count + 1, boundMs);
  report("all at once", times.latencies.slice(count + 1));
  console.log(`${"all at once, to the last".padEnd(28)} ${((performance.now() - startedMs) / 1000).toFixed(2)} s`);
  times.close();
} finally {
  cluster.destroy();
}
