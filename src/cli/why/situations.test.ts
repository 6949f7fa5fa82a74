// Situations made on a whole cluster in memory, and what `dhow why` says of them.
// Invariant shown: each sentence names reason and author; revisions, traces and times differ from run to run and are blanked here.
// Called by: npm test. Next on the way: explain.ts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findResource, type Pod } from "#api";
import type { AnyObject, Client, Live } from "#client";
import { type MemoryCluster, memoryCluster } from "#compose";
import { seededPrng, silentLog, SpanRing, systemClock } from "#lib";
import { createCa, createSigningKey } from "#wire";
import { parseTarget } from "../target.ts";
import { explanationLines } from "../why.ts";
import { gather } from "./evidence.ts";
import { explain } from "./explain.ts";

const ring = new SpanRing(50_000);
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

/** Watches until `done` holds for an object; the bound ends it. */
async function until(
  resource: string,
  done: (object: Live<AnyObject> & { status?: Pod["status"] }, gone: boolean) => boolean,
): Promise<void> {
  const signal = AbortSignal.timeout(15_000);
  for await (const event of admin.resource(resource).watch("default", { signal, resourceVersion: "0" }))
    if (event.type !== "BOOKMARK" && done(event.object as Live<AnyObject>, event.type === "DELETED")) return;
  assert.fail(`${resource} did not come to what was wanted`);
}

const blank = (line: string): string =>
  line
    .replace(/\b(?:\d+(?:ms|[smhd]))+ ago/g, "T ago")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/revision \d+/g, "revision N")
    .replace(/\b[0-9a-f]{32}\b/g, "TRACE")
    .replace(/\b(web|batch)-[0-9a-z]{5,10}(-[0-9a-z]{5})?\b/g, "$1-X")
    .replace(/(\d+) times?, last/g, "some times, last");

async function say(target: string, field?: string): Promise<string> {
  const { info, name } = parseTarget(target);
  const evidence = await gather({ client: admin, info, name, namespace: "default", spans: ring.spans });
  return explanationLines(target, explain(evidence, field)).map(blank).join("\n");
}

const pod = (name: string, spec: object): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { terminationGracePeriodSeconds: 0, ...spec },
  }) as unknown as Pod;
const sleeper = { name: "c", image: "dhow.local/busybox:1", command: ["sleep", "3600"] };

test("a pod that asks for too much: every node and its numbers", async () => {
  await admin.resource<Pod>("nodes").patch(undefined, "b", "merge", { spec: { unschedulable: true } });
  await admin.resource<Pod>("pods").create(pod("big", { containers: [{ ...sleeper, resources: { requests: { cpu: "1000" } } }] }));
  await until(
    "pods",
    ({ metadata, status }) => metadata.name === "big" && (status?.conditions ?? []).some((one) => one.reason === "Unschedulable"),
  );
  const said = await say("pod/big");
  assert.match(said, /^pod\/big\n {2}It is Pending: it has no node; 0\/2 nodes are available: [^\n]*Insufficient cpu[^\n]*\n/);
  assert.match(said, /The scheduler has tried it some times, last T ago: 0\/2 nodes are available/);
  assert.match(
    said,
    /Asked again now, none of 2 nodes takes it:\n {4}- a: Insufficient cpu \(asks for 1000, \d+ of \d+ free\) \[NodeResourcesFit\]\n {4}- b: is unschedulable \[NodeUnschedulable\]/,
  );
  assert.match(said, /It was created by admin T ago \(revision N\); trace TRACE\.$/);
});

test("a cordoned node: by whom", async () => {
  const said = await say("node/b");
  assert.match(
    said,
    /It is Ready\.\n {2}Its agent gave its last sign of life T ago; \d+ pods? of 110 are on it\.\n {2}It takes no new pods, it is cordoned by manager "[^"]*" by Update, T ago \(TIME\): changed by admin T ago/,
  );
  assert.match(said, /next: kubectl uncordon b$/);
  await admin.resource<Pod>("nodes").patch(undefined, "b", "merge", { spec: { unschedulable: null } });
});

test("a container that keeps ending: how it ended, and the one command to try", async () => {
  await admin.resource<Pod>("pods").create(pod("crash", { containers: [{ ...sleeper, command: ["sh", "-c", "exit 3"] }] }));
  await until("pods", ({ metadata, status }) => metadata.name === "crash" && (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  const said = await say("pods/crash");
  assert.match(said, /Container c was started again \d+ time[^:]*: it ended with exit code 3\./);
  assert.match(said, /The scheduler chose [ab] for it T ago\./);
  assert.match(said, /next: kubectl logs -n default crash -c c --previous$/);
});

test("who wrote a field, and because of what it went", async () => {
  const template = { metadata: { labels: { app: "web" } }, spec: { terminationGracePeriodSeconds: 0, containers: [sleeper] } };
  const deployments = admin.resource<AnyObject & { spec: object }>("deployments.apps");
  const spec = { replicas: 2, selector: { matchLabels: { app: "web" } }, template };
  await deployments.create({ metadata: { name: "web", namespace: "default" }, spec });
  await until("deployments.apps", (object) => (object.status as { availableReplicas?: number } | undefined)?.availableReplicas === 2);
  const names = (await admin.resource<Pod>("pods").list("default", { labelSelector: "app=web" })).items.map(
    ({ metadata }) => metadata.name,
  );
  const other = cluster.clientFor("someone", ["system:masters"]);
  await other.resource("deployments.apps").patch("default", "web", "merge", { spec: { replicas: 0 } });
  const gone = new Set<string>();
  await until("pods", ({ metadata }, deleted) => {
    if (deleted && names.includes(metadata.name)) gone.add(metadata.name);
    return gone.size === 2;
  });
  assert.match(
    await say("deployment/web", "spec.replicas"),
    /spec\.replicas is 0\. It was written by manager "[^"]*" by Update, T ago \(TIME\): changed by someone T ago \(revision N\); trace TRACE\.$/,
  );
  // The node agent's last word is recorded a moment after everybody has seen the pod go.
  const [said] = (await say(`pod/${names[0]}`)).split(" It was gone");
  assert.equal(
    said,
    "pod/web-X\n  It was deleted by the replicaset-controller T ago (revision N), because replicasets/web-X was changed by the deployment-controller T ago (revision N), " +
      "because deployments/web was changed by someone T ago (revision N); trace TRACE.",
  );
  assert.match(
    await say("deployment/web"),
    /It asks for 0 pods: 0 of them of the newest template, 0 ready, 0 available\.[\s\S]*The deployment-controller last looked T ago and decided: /,
  );
});

test("a Service that reaches nobody", async () => {
  const ports = [{ port: 80, targetPort: "http" }];
  await admin
    .resource<AnyObject & { spec: object }>("services")
    .create({ metadata: { name: "lost", namespace: "default" }, spec: { ports, selector: { app: "lost", tier: "x" } } });
  assert.match(await say("svc/lost"), /It sends to 0 ready endpoints\.\n {2}No pod in the namespace has app=lost, tier=x\.\n/);
});

test("a finalizer nobody here knows keeps an object", async () => {
  await admin.resource("configmaps").create({ metadata: { name: "held", namespace: "default", finalizers: ["example.com/hold"] } });
  await admin.resource("configmaps").delete("default", "held");
  assert.match(
    await say("cm/held"),
    /Its end was asked for: deleted by admin T ago \(revision N\); trace TRACE\.\n {2}It cannot go while it has 1 finalizer:\n {4}- example\.com\/hold: set by manager "[^"]*" T ago; nothing in this cluster is known to remove it/,
  );
  await admin.resource("configmaps").patch("default", "held", "merge", { metadata: { finalizers: null } });
  await admin.resource<Pod>("pods").delete("default", "big", { gracePeriodSeconds: 0 });
  await admin.resource<Pod>("pods").delete("default", "crash", { gracePeriodSeconds: 0 });
});

test("of what was never there nothing is said", async () => {
  assert.ok(findResource("", "v1", "secrets"));
  assert.equal(await say("secret/never"), "secret/never");
});
