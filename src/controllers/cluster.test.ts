// All controllers together on the API server in memory: from a Deployment to Pods and back to nothing.
// Invariant: no real time passes; the story ends when every queue is empty.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap, Deployment, Event, Namespace, Pod, ReplicaSet } from "#api";
import { createClient, createFakeApi, type Live, type Transport } from "#client";
import { formatTraceparent, ManualClock, macrotask, MetricRegistry, seededPrng, silentLog, SpanRing } from "#lib";
import { type DecisionRing, startControllers } from "./index.ts";

function startCluster() {
  const clock = new ManualClock();
  const api = createFakeApi(clock);
  const users = new Set<string>();
  const spans = new SpanRing();
  const clientFor = (identity: string) => {
    const transport: Transport = {
      ...api.transport,
      request: (request) => (users.add(`${identity} ${request.method}`), api.transport.request(request)),
    };
    return createClient({ transport, clock, userAgent: "test" });
  };
  const client = createClient({ transport: api.transport, clock });
  const running = startControllers({
    clientFor,
    clock,
    prng: seededPrng(3),
    log: silentLog(),
    metrics: new MetricRegistry(),
    spans,
    rootCa: "PEM",
  });
  const settle = async (): Promise<void> => {
    for (let quiet = 0, turns = 0; quiet < 20; turns++) {
      assert.ok(turns < 3000, "the cluster does not come to rest");
      const before = api.store.revision;
      await macrotask();
      quiet = api.store.revision === before ? quiet + 1 : 0;
      if (quiet === 10) clock.advance(50);
    }
  };
  return { clock, api, client, running, settle, users, spans };
}

type Cluster = ReturnType<typeof startCluster>;

async function makeNamespace({ client, settle }: Cluster, name: string): Promise<void> {
  await client
    .resource<Namespace>("namespaces")
    .create({ metadata: { name }, spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } });
  await settle();
}

function web(replicas: number, image = "busybox:1"): Omit<Deployment, "kind" | "apiVersion"> {
  const labels = { app: "web" };
  return {
    metadata: { namespace: "d", name: "web" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
    },
  };
}

/** Plays the kubelet: every Pod that is not ready becomes so, and a deleted one goes. */
async function playNode({ client, clock, api, settle }: Cluster): Promise<void> {
  const pods = client.resource<Pod>("pods");
  const now = new Date(clock.nowMs()).toISOString();
  for (const pod of api.store.list("pods") as Live<Pod>[]) {
    if (pod.status?.phase === "Running") continue;
    await pods.updateStatus({
      ...pod,
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True", lastTransitionTime: now }] },
    });
  }
  await settle();
}

test("a namespace gets its account and its root CA", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  assert.ok(cluster.api.store.get("serviceaccounts", "d", "default"));
  const map = cluster.api.store.get("configmaps", "d", "kube-root-ca.crt") as Live<ConfigMap>;
  assert.deepEqual(map.data, { "ca.crt": "PEM" });
  await cluster.client.resource<ConfigMap>("configmaps").update({ ...map, data: { "ca.crt": "tampered" } });
  await cluster.settle();
  assert.deepEqual((cluster.api.store.get("configmaps", "d", "kube-root-ca.crt") as Live<ConfigMap>).data, { "ca.crt": "PEM" });
  assert.ok(cluster.users.has("system:serviceaccount:kube-system:root-ca-cert-publisher POST"));
  cluster.running.close();
});

test("a Deployment becomes a ReplicaSet, Pods, and a status that says so", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  await cluster.client.resource<Deployment>("deployments.apps").create(web(3) as Deployment);
  await cluster.settle();
  const pods = cluster.api.store.list("pods") as Live<Pod>[];
  assert.equal(pods.length, 3);
  assert.match(pods[0]!.metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[a-z0-9]{5}$/);
  assert.equal(pods[0]!.metadata.ownerReferences?.[0]?.kind, "ReplicaSet");
  await playNode(cluster);
  const deployment = cluster.api.store.get("deployments.apps", "d", "web") as Live<Deployment>;
  assert.equal(deployment.status?.availableReplicas, 3);
  assert.deepEqual(
    deployment.status?.conditions?.map((one) => `${one.type}=${one.status} ${one.reason}`),
    ["Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable"],
  );
  assert.equal(deployment.metadata.annotations?.["deployment.kubernetes.io/revision"], "1");
  const reasons = (cluster.api.store.list("events") as Live<Event>[]).map((event) => `${event.source?.component} ${event.reason}`);
  assert.deepEqual([...new Set(reasons)].sort(), ["deployment-controller ScalingReplicaSet", "replicaset-controller SuccessfulCreate"]);
  assert.deepEqual(reasons.length, 4);
  cluster.running.close();
});

test("a rolling update never goes below its least and ends with one set of Pods", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  const deployments = cluster.client.resource<Deployment>("deployments.apps");
  await deployments.create(web(4) as Deployment);
  await cluster.settle();
  await playNode(cluster);
  await deployments.patch("d", "web", "merge", { spec: web(4, "busybox:2").spec });
  const steps: string[] = [];
  for (let round = 0; round < 12; round++) {
    await cluster.settle();
    const sets = cluster.api.store.list("replicasets.apps") as Live<ReplicaSet>[];
    const ready = (cluster.api.store.list("pods") as Live<Pod>[]).filter((pod) => pod.status?.phase === "Running").length;
    assert.ok(ready >= 3, `only ${ready} ready`);
    steps.push(sets.map((set) => set.spec?.replicas).join("→"));
    await playNode(cluster);
  }
  assert.equal(steps[0], "3→2");
  assert.equal(steps.at(-1), "0→4");
  const deployment = cluster.api.store.get("deployments.apps", "d", "web") as Live<Deployment>;
  assert.equal(deployment.metadata.annotations?.["deployment.kubernetes.io/revision"], "2");
  cluster.running.close();
});

test("deleting the Deployment lets the garbage collector take ReplicaSet and Pods", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  const deployments = cluster.client.resource<Deployment>("deployments.apps");
  await deployments.create(web(3) as Deployment);
  await cluster.settle();
  await deployments.delete("d", "web");
  await cluster.settle();
  assert.deepEqual([cluster.api.store.list("replicasets.apps").length, cluster.api.store.list("pods").length], [0, 0]);
  cluster.running.close();
});

test("a foreground deletion takes the Pods before the Deployment", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  const deployments = cluster.client.resource<Deployment>("deployments.apps");
  await deployments.create(web(2) as Deployment);
  await cluster.settle();
  await deployments.delete("d", "web", { propagationPolicy: "Foreground" });
  await cluster.settle();
  const gone = cluster.api.store.events.filter((event) => event.type === "DELETED").map((event) => event.resource);
  assert.deepEqual(gone, ["pods", "pods", "replicasets.apps", "deployments.apps"]);
  cluster.running.close();
});

test("orphaned Pods live on and are adopted again", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  const deployments = cluster.client.resource<Deployment>("deployments.apps");
  await deployments.create(web(2) as Deployment);
  await cluster.settle();
  const before = cluster.api.store.list("pods").map((pod) => pod.metadata.uid);
  await deployments.delete("d", "web", { propagationPolicy: "Orphan" });
  await cluster.settle();
  assert.equal(cluster.api.store.list("deployments.apps").length, 0);
  const [set] = cluster.api.store.list("replicasets.apps");
  assert.deepEqual(set?.metadata.ownerReferences, []);
  await deployments.create(web(2) as Deployment);
  await cluster.settle();
  assert.equal(cluster.api.store.list("replicasets.apps").length, 1);
  assert.deepEqual(
    cluster.api.store.list("pods").map((pod) => pod.metadata.uid),
    before,
  );
  cluster.running.close();
});

test("a deleted namespace is emptied, then goes", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  await cluster.client.resource<Deployment>("deployments.apps").create(web(2) as Deployment);
  await cluster.settle();
  await cluster.client.resource<Namespace>("namespaces").delete(undefined, "d");
  await cluster.settle();
  assert.equal(cluster.api.store.get("namespaces", undefined, "d"), undefined);
  assert.equal(
    [...cluster.api.store.objects.values()].filter((object) => object.metadata.namespace === "d" && object.kind !== "Event").length,
    0,
  );
  cluster.running.close();
});

test("every write carries its trace, its causes and its decision", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  await cluster.client.resource<Deployment>("deployments.apps").create(web(1) as Deployment);
  await cluster.settle();
  const [create] = cluster.api.requests.filter((request) => request.method === "POST" && request.target.endsWith("/namespaces/d/pods"));
  const set = cluster.api.store.events.find((event) => event.resource === "replicasets.apps")!;
  assert.equal(create?.headers?.["baggage"], `dhow.cause=${set.revision}`);
  const span = cluster.spans.spans.find((one) => one.name === "create pods")!;
  assert.equal(create?.headers?.["traceparent"], formatTraceparent(span));
  const reconcile = cluster.spans.spans.find((one) => one.spanId === span.parentSpanId)!;
  assert.equal(reconcile.name, "reconcile replicaset-controller");
  const [decision] = (cluster.running.decisions as DecisionRing).list("replicaset-controller").filter((one) => one.actions.length > 0);
  assert.equal(decision?.decision, "0 of 1 replicas");
  assert.match(decision?.saw[0] ?? "", /^ReplicaSet d\/web-[a-z0-9]+@\d+$/);
  cluster.running.close();
});

test("a poisoned object stops neither its controller nor the others", async () => {
  const cluster = startCluster();
  await makeNamespace(cluster, "d");
  const deployments = cluster.client.resource<Deployment>("deployments.apps");
  const selector = { matchExpressions: [{ key: "app", operator: "Sideways" }] };
  const poisoned = { metadata: { namespace: "d", name: "bad" }, spec: { selector, template: {} } };
  await deployments.create(poisoned as unknown as Deployment);
  await deployments.create(web(2) as Deployment);
  await cluster.settle();
  assert.equal((cluster.api.store.list("pods") as Live<Pod>[]).filter((pod) => pod.metadata.labels?.["app"] === "web").length, 2);
  cluster.running.close();
});
