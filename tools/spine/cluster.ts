// A cluster in memory that has one Deployment applied, and says how far its pods came: run with the features of the spine only.
// Invariant: ends by itself, with words and exit code 1 if the pods do not run within the bound.
// Called by: docs-spine.test.ts, in a process of its own. Next on the way: src/compose/memory-cluster.ts.

import type { Deployment, Pod } from "#api";
import { memoryCluster } from "#compose";
import { seededPrng, silentLog, SpanRing, systemClock } from "#lib";
import { createCa, createSigningKey } from "#wire";

const replicas = 3;
const boundMs = 20_000;

const web: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "dhow.local/busybox:1" }] } },
  },
};

const cluster = await memoryCluster({
  clock: systemClock(),
  prng: seededPrng(7),
  log: silentLog(),
  spans: new SpanRing(1),
  serviceAccountKey: await createSigningKey(),
  ca: (await createCa("spine")).cert,
  nodes: ["a", "b"],
});
const admin = cluster.clientFor("admin", ["system:masters"]);
const phases = new Map<string, string>();
try {
  await admin.resource<Deployment>("deployments.apps").create(web);
  const watch = admin.resource<Pod>("pods").watch("default", { signal: AbortSignal.timeout(boundMs), resourceVersion: "0" });
  for await (const { type, object } of watch) {
    if (type === "BOOKMARK" || type === "ERROR") continue;
    phases.set(object.metadata.name ?? "", object.status?.phase ?? "");
    if ([...phases.values()].filter((phase) => phase === "Running").length === replicas) break;
  }
  console.log(`pods: ${[...phases.values()].join(", ")}`);
} catch (error) {
  const sets = await admin.resource("replicasets.apps").list("default");
  console.log(`after ${boundMs / 1000} s ${sets.items.length} replica sets, pods: ${[...phases.values()].join(", ")}: ${String(error)}`);
  process.exitCode = 1;
} finally {
  await cluster.close();
}
