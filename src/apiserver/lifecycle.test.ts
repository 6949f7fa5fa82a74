// Tests of lives: how objects are listed page by page, shown in two versions, deleted at once, slowly, or with their namespace.
// Invariant: each story is told through requests only.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProtobuf, encodeProtobuf } from "#api";
import { created, testServer, type TestServer } from "./testing.ts";

const json = { "content-type": "application/json" };
const merge = { "content-type": "application/merge-patch+json" };
const maps = "/api/v1/namespaces/default/configmaps";

interface Shown {
  metadata: { name: string; resourceVersion: string; deletionTimestamp?: string; continue?: string; remainingItemCount?: number };
  items: Shown[];
  [field: string]: unknown;
}

async function ask(
  server: TestServer,
  method: string,
  target: string,
  body?: unknown,
  headers: Record<string, string> = json,
): Promise<Shown> {
  const answer = await server.ask({ method, target, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return JSON.parse(answer.text) as Shown;
}

test("pages that follow a token show the state of the first page", async () => {
  const server = await testServer();
  for (const name of ["a", "b", "c", "d"]) await created(server, maps, { metadata: { name } });
  const first = await ask(server, "GET", `${maps}?limit=2`);
  assert.equal(first.metadata.remainingItemCount, 2);
  await ask(server, "DELETE", `${maps}/c`);
  await created(server, maps, { metadata: { name: "e" } });
  const second = await ask(server, "GET", `${maps}?limit=5&continue=${first.metadata.continue}`);
  assert.deepEqual(
    [...first.items, ...second.items].map(({ metadata }) => metadata.name),
    ["a", "b", "c", "d"],
  );
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  assert.equal(second.metadata.continue, undefined);
  await server.close();
});

test("a page whose state has been compacted away answers 410 with a token that goes on without it", async () => {
  const server = await testServer();
  for (const name of ["a", "b", "c"]) await created(server, maps, { metadata: { name } });
  const first = await ask(server, "GET", `${maps}?limit=1`);
  await created(server, maps, { metadata: { name: "d" } });
  await server.store.compact(server.store.status().revision);
  const gone = await ask(server, "GET", `${maps}?limit=1&continue=${first.metadata.continue}`);
  assert.equal(gone["reason"], "Expired");
  const rest = await ask(server, "GET", `${maps}?continue=${gone.metadata.continue}`);
  assert.deepEqual(
    rest.items.map(({ metadata }) => metadata.name),
    ["b", "c", "d"],
  );
  await server.close();
});

test("a namespace waits for its content, takes in nothing new, and goes with its last finalizer", async () => {
  const server = await testServer();
  await created(server, "/api/v1/namespaces", { metadata: { name: "n" } });
  const going = await ask(server, "DELETE", "/api/v1/namespaces/n");
  assert.deepEqual(going["status"], { phase: "Terminating" });
  const late = await ask(server, "POST", "/api/v1/namespaces/n/configmaps", { metadata: { name: "a" } });
  assert.equal(late["message"], 'configmaps "a" is forbidden: unable to create new content in namespace n because it is being terminated');
  await ask(server, "PUT", "/api/v1/namespaces/n/finalize", { metadata: { name: "n" }, spec: { finalizers: [] } });
  assert.equal((await ask(server, "GET", "/api/v1/namespaces/n"))["reason"], "NotFound");
  await server.close();
});

test("an object with finalizers is marked, kept, and gone with the last of them", async () => {
  const server = await testServer();
  await created(server, maps, { metadata: { name: "a", finalizers: ["x.io/y"] } });
  assert.ok((await ask(server, "DELETE", `${maps}/a`)).metadata.deletionTimestamp);
  const again = await ask(server, "DELETE", `${maps}/a`);
  assert.ok(again.metadata.deletionTimestamp);
  await ask(server, "PATCH", `${maps}/a`, { metadata: { finalizers: null } }, merge);
  assert.equal((await ask(server, "GET", `${maps}/a`))["reason"], "NotFound");
  await server.close();
});

test("foreground and orphan deletion leave their finalizer to the garbage collector", async () => {
  const server = await testServer();
  for (const [name, policy, finalizer] of [
    ["f", "Foreground", "foregroundDeletion"],
    ["o", "Orphan", "orphan"],
  ] as const) {
    await created(server, maps, { metadata: { name } });
    const marked = await ask(server, "DELETE", `${maps}/${name}`, { propagationPolicy: policy });
    assert.deepEqual((marked.metadata as unknown as { finalizers: string[] }).finalizers, [finalizer]);
  }
  await server.close();
});

test("an event is one object with two faces, and does not last", async () => {
  const server = await testServer();
  const involvedObject = { kind: "Pod", namespace: "default", name: "p" };
  const event = { metadata: { name: "e" }, involvedObject, reason: "Seen", message: "hello", type: "Normal", source: { component: "c" } };
  await created(server, "/api/v1/namespaces/default/events", event);
  const other = await ask(server, "GET", "/apis/events.k8s.io/v1/namespaces/default/events/e");
  assert.equal(other["note"], "hello");
  assert.deepEqual(other["regarding"], involvedObject);
  assert.equal(other["message"], undefined);
  const list = await ask(server, "GET", "/apis/events.k8s.io/v1/events");
  assert.equal(list.items[0]!["note"], "hello");
  server.clock.advance(2 * 3600_000);
  // A store elsewhere has a clock of its own, on which hours have not passed.
  const elsewhere = server.store.busy !== undefined;
  assert.equal((await ask(server, "GET", "/api/v1/namespaces/default/events/e"))["reason"], elsewhere ? "Seen" : "NotFound");
  await server.close();
});

test("protobuf in, protobuf out", async () => {
  const server = await testServer();
  const type = "io.k8s.api.core.v1.ConfigMap";
  const media = "application/vnd.kubernetes.protobuf";
  const body = encodeProtobuf({ kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a" }, data: { k: "v" } } as object, type);
  const signal = new AbortController().signal;
  const one = async function* (): AsyncGenerator<Uint8Array> {
    yield body;
  };
  const headers = { "content-type": media, accept: media };
  const response = await server.admin({ method: "POST", target: maps, headers, body: one(), peer: { address: "" }, signal });
  assert.equal(response.status, 201);
  assert.equal(response.headers["content-type"], media);
  const { object } = decodeProtobuf(response.body as Uint8Array);
  assert.deepEqual(object["data"], { k: "v" });
  assert.equal((await ask(server, "GET", `${maps}/a`, undefined, { accept: `${media},application/json` }))["kind"], "ConfigMap");
  await server.close();
});

test("a dry run answers as if, and stores nothing", async () => {
  const server = await testServer();
  const dry = await ask(server, "POST", `${maps}?dryRun=All`, { metadata: { generateName: "a-" } });
  assert.match(dry.metadata.name, /^a-[a-z0-9]{5}$/);
  assert.equal(dry.metadata.resourceVersion, undefined);
  assert.deepEqual((await ask(server, "GET", maps)).items, []);
  await server.close();
});

test("scale reads and writes the number of copies and nothing else", async () => {
  const server = await testServer();
  const labels = { app: "web" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  const target = "/apis/apps/v1/namespaces/default/deployments";
  await created(server, target, { metadata: { name: "web" }, spec: { selector: { matchLabels: labels }, template } });
  const scale = await ask(server, "GET", `${target}/web/scale`);
  assert.deepEqual(scale["spec"], { replicas: 1 });
  assert.deepEqual(scale["status"], { replicas: 0, selector: "app=web" });
  const scaled = await ask(server, "PUT", `${target}/web/scale`, { ...scale, spec: { replicas: 3 } });
  assert.deepEqual(scaled["spec"], { replicas: 3 });
  const patched = await ask(server, "PATCH", `${target}/web/scale`, { spec: { replicas: 5 } }, merge);
  assert.deepEqual(patched["spec"], { replicas: 5 });
  const web = await ask(server, "GET", `${target}/web`);
  assert.equal((web["spec"] as { replicas: number }).replicas, 5);
  assert.equal((web.metadata as unknown as { generation: number }).generation, 3);
  await server.close();
});

test("a server that starts anew lets watches go on where they were", async () => {
  const first = await testServer();
  const a = await created(first, maps, { metadata: { name: "a" } });
  await created(first, maps, { metadata: { name: "b" } });
  await ask(first, "DELETE", `${maps}/a`);
  first.server.close();
  const second = await testServer(first.store);
  const from = (a["metadata"] as { resourceVersion: string }).resourceVersion;
  const answer = await second.ask({ method: "GET", target: `${maps}?watch=1&timeoutSeconds=1&resourceVersion=${from}` });
  const types = answer.text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string; object: Shown }).type);
  assert.deepEqual(types, ["ADDED", "DELETED"]);
  await second.close();
});
