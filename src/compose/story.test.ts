// One apply from the request to the containers, in one process: everything converges, and one trace tells the whole way.
// Invariant shown: the trace of the request goes through revision, watch, queue, Pod create, bind and CRI calls to the status write.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Deployment, Pod } from "#api";
import type { Client } from "#client";
import { formatTraceparent, seededPrng, silentLog, type Span, SpanRing, systemClock } from "#lib";
import { createCa, createSigningKey } from "#wire";
import { type MemoryCluster, memoryCluster } from "./memory-cluster.ts";

const ring = new SpanRing(20_000);
const asked = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
let cluster: MemoryCluster;
let admin: Client;

before(async () => {
  cluster = await memoryCluster({
    clock: systemClock(),
    prng: seededPrng(7),
    log: silentLog(),
    spans: ring,
    serviceAccountKey: await createSigningKey(),
    ca: (await createCa("test")).cert,
    nodes: ["a", "b"],
  });
  admin = cluster.clientFor("admin", ["system:masters"]);
});
after(() => cluster.close());

/** Watches until `done` holds for an object; the test's own bound ends it. */
async function untilSeen<Kind extends { metadata: { name?: string } }>(resource: string, done: (object: Kind) => boolean): Promise<void> {
  const bound = AbortSignal.timeout(15_000);
  for await (const event of admin.resource(resource).watch("default", { signal: bound, resourceVersion: "0" })) {
    if (event.type !== "BOOKMARK" && event.type !== "ERROR" && done(event.object as unknown as Kind)) return;
  }
  assert.fail(`${resource} did not come to what was wanted`);
}

const web: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image: "dhow.local/busybox:1", command: ["sleep", "3600"] }] },
    },
  },
};

test("a Deployment becomes three running pods on two nodes", async () => {
  const response = await cluster.handlerFor("admin", ["system:masters"])({
    method: "POST",
    target: "/apis/apps/v1/namespaces/default/deployments",
    headers: { "content-type": "application/json", traceparent: formatTraceparent(asked) },
    body: (async function* () {
      yield Buffer.from(JSON.stringify(web));
    })(),
    peer: { address: "test" },
    signal: new AbortController().signal,
  });
  assert.equal(response.status, 201);
  await untilSeen<Deployment>("deployments.apps", ({ status }) => status?.availableReplicas === 3 && status.updatedReplicas === 3);
  const pods = await admin.resource<Pod>("pods").list("default");
  assert.equal(pods.items.length, 3);
  assert.deepEqual([...new Set(pods.items.map((pod) => pod.spec?.nodeName ?? ""))].toSorted(), ["a", "b"]);
});

test("one trace tells the way, each step under the one that caused it", () => {
  const spans = ring.spans.filter((span) => span.traceId === asked.traceId);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const chain = (span: Span): string[] => {
    const names: string[] = [];
    for (let at: Span | undefined = span; at; at = at.parentSpanId === undefined ? undefined : byId.get(at.parentSpanId))
      names.unshift(`${at.component}: ${at.name}`);
    return names;
  };
  const start = spans.find((span) => span.name === "cri StartContainer");
  assert.ok(start, "the container's start is in the trace");
  const way = chain(start);
  const stations = [
    /apiserver: POST deployments/,
    /deployment-controller: reconcile/,
    /apiserver: POST replicasets/,
    /replicaset-controller: reconcile/,
    /apiserver: POST pods$/,
    /kube-scheduler: schedule pod/,
    /apiserver: POST pods\/binding/,
    /kubelet: sync pod/,
    /kubelet: cri StartContainer/,
  ];
  let from = 0;
  for (const station of stations) {
    const at = way.findIndex((name, index) => index >= from && station.test(name));
    assert.ok(at >= 0, `${station} in its place on the way:\n${way.join("\n")}`);
    from = at + 1;
  }
  assert.ok(
    spans.some((span) => span.name === "PATCH pods/status" && String(span.attributes["user"]).startsWith("system:node:")),
    "and the kubelet's status write is in the trace",
  );
});

test("deleting the Deployment deletes what it owns", async () => {
  await admin.resource("deployments.apps").delete("default", "web");
  const bound = AbortSignal.timeout(15_000);
  const gone = new Set<string>();
  for await (const event of admin.resource<Pod>("pods").watch("default", { signal: bound, resourceVersion: "0" })) {
    if (event.type === "DELETED") gone.add(event.object.metadata.name);
    if (gone.size === 3) break;
  }
  assert.deepEqual((await admin.resource("replicasets.apps").list("default")).items, []);
});
