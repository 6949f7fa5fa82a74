// Tests of what must never happen: a bad value, body, name or caller that harms anything but its own request.
// Invariant: each story ends with a server that still answers.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, seededPrng } from "#lib";
import { memoryStore, revision, type Store } from "#store";
import { created, testServer, type TestServer } from "./testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const json = { "content-type": "application/json" };

async function put(store: Store, key: string, value: string): Promise<void> {
  const result = await store.txn({ key, expect: revision(0), operation: { type: "put", value: Buffer.from(value) } });
  assert.ok(result.succeeded);
}

const names = (text: string): string[] =>
  (JSON.parse(text) as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);

async function stillAnswers(server: TestServer): Promise<void> {
  const answer = await server.ask({ method: "GET", target: "/api/v1/namespaces/default" });
  assert.equal(answer.status, 200);
}

test("a stored value that is nonsense stops neither start nor lists nor watches, and can be deleted", async () => {
  const store = memoryStore({ clock: new ManualClock(), prng: seededPrng(1) });
  await put(store, "/registry/configmaps/default/bad", '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"bad"},"data":7}');
  await put(store, "/registry/configmaps/default/worse", "\u0000\u0001 not an object");
  const server = await testServer(store);
  await created(server, maps, { metadata: { name: "good" } });
  await put(store, "/registry/configmaps/default/later", "{");
  assert.deepEqual(names((await server.ask({ method: "GET", target: maps })).text), ["good"]);
  assert.equal((await server.ask({ method: "GET", target: `${maps}/bad` })).status, 500);
  assert.equal((await server.ask({ method: "DELETE", target: `${maps}/bad` })).status, 200);
  assert.equal((await server.ask({ method: "GET", target: `${maps}/bad` })).status, 404);
  assert.equal(server.logged.filter((line) => line.includes("does not decode")).length, 3);
  assert.match(server.metrics.text(), /apiserver_storage_decode_errors_total\{resource="configmaps"\} 3/);
  await stillAnswers(server);
  await server.close();
});

test("keys that mean something to JavaScript are ordinary keys, in the order that Go gives them", async () => {
  const server = await testServer();
  const body = '{"metadata":{"name":"a","labels":{"constructor":"x"}},"data":{"__proto__":"1","10":"2","9":"3","toString":"4"}}';
  assert.equal((await server.ask({ method: "POST", target: maps, headers: json, body })).status, 201);
  const { text } = await server.ask({ method: "GET", target: `${maps}/a` });
  assert.ok(text.endsWith('"data":{"10":"2","9":"3","__proto__":"1","toString":"4"}}'), text);
  assert.ok(text.includes('"labels":{"constructor":"x"}'));
  const headers = { "content-type": "application/merge-patch+json" };
  const patched = await server.ask({ method: "PATCH", target: `${maps}/a`, headers, body: '{"data":{"__proto__":null,"valueOf":"5"}}' });
  assert.ok(patched.text.endsWith('"data":{"10":"2","9":"3","toString":"4","valueOf":"5"}}'), patched.text);
  const selected = await server.ask({ method: "GET", target: `${maps}?labelSelector=toString` });
  assert.deepEqual(names(selected.text), []);
  await server.close();
});

test("a body beyond 3 MiB is refused before it is read to the end", async () => {
  const server = await testServer();
  const answer = await server.ask({ method: "POST", target: maps, headers: json, body: Buffer.alloc(4_000_000, "a") });
  assert.equal(answer.status, 413);
  const { reason, message } = JSON.parse(answer.text) as { reason: string; message: string };
  assert.equal(reason, "RequestEntityTooLarge");
  assert.equal(message, "Request entity too large: limit is 3145728");
  await stillAnswers(server);
  await server.close();
});

test("without credentials only health and version answer", async () => {
  const server = await testServer();
  const ask = (target: string) => server.ask({ method: "GET", target, as: server.server.handler });
  assert.equal((await ask("/api/v1/pods")).status, 401);
  assert.equal((await ask("/readyz")).status, 200);
  assert.equal((await ask("/version")).status, 200);
  await server.close();
});

test("a write that changes nothing moves no resourceVersion", async () => {
  const server = await testServer();
  await created(server, maps, { metadata: { name: "a" }, data: { k: "v" } });
  const before = await server.ask({ method: "GET", target: `${maps}/a` });
  const after = await server.ask({ method: "PUT", target: `${maps}/a`, headers: json, body: '{"metadata":{"name":"a"},"data":{"k":"v"}}' });
  assert.equal(after.text, before.text);
  await server.close();
});

test("patches at the same time all take effect", async () => {
  const server = await testServer();
  await created(server, maps, { metadata: { name: "a" } });
  const headers = { "content-type": "application/merge-patch+json" };
  const writers = Array.from({ length: 8 }, (_, index) =>
    server.ask({ method: "PATCH", target: `${maps}/a`, headers, body: JSON.stringify({ data: { [`k${index}`]: "v" } }) }),
  );
  for (const answer of await Promise.all(writers)) assert.equal(answer.status, 200, answer.text);
  const { data } = JSON.parse((await server.ask({ method: "GET", target: `${maps}/a` })).text) as { data: object };
  assert.equal(Object.keys(data).length, 8);
  await server.close();
});

test("too many requests at once are sent away, not queued", async () => {
  const server = await testServer();
  const many = Array.from({ length: 500 }, () => server.ask({ method: "GET", target: `${maps}?resourceVersion=999999` }));
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 429).length, 100);
  assert.equal(statuses.filter((status) => status === 504).length, 400);
  await stillAnswers(server);
  await server.close();
});
