// Tests of watches: where they start, what they leave out, how they end.
// Invariant: each story is told through requests only, on a manual clock.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { macrotask } from "#lib";
import { type HttpHandler, readAll } from "#wire";
import { created, settle, testServer, type TestServer } from "./testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";

interface Line {
  type: string;
  object: { metadata: { name?: string; resourceVersion: string; annotations?: Record<string, string> }; code?: number; message?: string };
  cause?: { traceId: string };
}

const parse = (text: string): Line[] =>
  text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

const brief = (lines: readonly Line[]): string[] => lines.map(({ type, object }) => `${type} ${object.metadata.name ?? ""}`.trim());

/** A watch in the background; `end` lets time run until it is over. */
async function open(server: TestServer, query: string, headers: Record<string, string> = {}, handler: HttpHandler = server.admin) {
  const target = `${maps}?watch=1&timeoutSeconds=5${query}`;
  const stop = new AbortController();
  const none = async function* (): AsyncGenerator<Uint8Array> {};
  const response = await handler({ method: "GET", target, headers, body: none(), peer: { address: "" }, signal: stop.signal });
  assert.equal(response.status, 200);
  const whole = readAll(response.body, 1 << 24);
  await macrotask();
  return { stop, end: async () => parse((await settle(server.clock, whole)).toString()) };
}

async function patch(server: TestServer, name: string, body: object): Promise<void> {
  const headers = { "content-type": "application/merge-patch+json" };
  const answer = await server.ask({ method: "PATCH", target: `${maps}/${name}`, headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, answer.text);
}

test("a watch from a revision sees each change once, and the deletion with its own revision", async () => {
  const server = await testServer();
  const first = await created(server, maps, { metadata: { name: "a" } });
  const from = (first["metadata"] as { resourceVersion: string }).resourceVersion;
  await patch(server, "a", { data: { x: "1" } });
  const watch = await open(server, `&resourceVersion=${from}`);
  await created(server, maps, { metadata: { name: "b" } });
  await server.ask({ method: "DELETE", target: `${maps}/a` });
  const lines = await watch.end();
  assert.deepEqual(brief(lines), ["MODIFIED a", "ADDED b", "DELETED a"]);
  const revisions = lines.map(({ object }) => Number(object.metadata.resourceVersion));
  assert.deepEqual(
    revisions,
    revisions.toSorted((one, other) => one - other),
  );
  assert.equal(new Set(revisions).size, 3);
  await server.close();
});

test("leaving a selector is a deletion, entering it a creation", async () => {
  const server = await testServer();
  await created(server, maps, { metadata: { name: "a", labels: { app: "web" } } });
  const watch = await open(server, "&labelSelector=app%3Dweb");
  await patch(server, "a", { metadata: { labels: { app: "db" } } });
  await patch(server, "a", { data: { unseen: "1" } });
  await patch(server, "a", { metadata: { labels: { app: "web" } } });
  assert.deepEqual(brief(await watch.end()), ["ADDED a", "DELETED a", "ADDED a"]);
  await server.close();
});

test("sendInitialEvents ends the state with an annotated bookmark", async () => {
  const server = await testServer();
  await created(server, maps, { metadata: { name: "a" } });
  const watch = await open(server, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  await created(server, maps, { metadata: { name: "b" } });
  const lines = await watch.end();
  assert.deepEqual(brief(lines), ["ADDED a", "BOOKMARK", "ADDED b", "BOOKMARK"]);
  assert.deepEqual(lines[1]!.object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
  await server.close();
});

test("a start that has left the window is told with 410 inside the stream", async () => {
  const server = await testServer();
  await created(server, maps, { metadata: { name: "a" } });
  server.clock.advance(200_000);
  await created(server, maps, { metadata: { name: "b" } });
  const watch = await open(server, "&resourceVersion=2");
  const [line] = await watch.end();
  assert.equal(line!.type, "ERROR");
  assert.equal(line!.object.code, 410);
  assert.match(line!.object.message!, /^too old resource version: 2 \(\d+\)$/);
  await server.close();
});

test("a caller who goes away lets go of its place", async () => {
  const server = await testServer();
  const watch = await open(server, "");
  watch.stop.abort();
  assert.deepEqual(await watch.end(), []);
  await server.close();
});

test("who asks for it bare gets the object without who owns which field, and nothing else less", async () => {
  const server = await testServer();
  const text = 'x,"managedFields":[{"y":1}]';
  await created(server, maps, { metadata: { name: "a", annotations: { text, managedFields: text } }, data: { managedFields: text } });
  const [whole, bare] = [await open(server, ""), await open(server, "", { "dhow-watch": "bare" })];
  await patch(server, "a", { data: { x: "1" } });
  const [full, cut] = [await whole.end(), await bare.end()];
  assert.deepEqual(brief(full), ["ADDED a", "MODIFIED a"]);
  for (const line of full) {
    assert.ok(Object.hasOwn(line.object.metadata, "managedFields"));
    Reflect.deleteProperty(line.object.metadata, "managedFields");
  }
  assert.deepEqual(cut, full);
});

test("a write's trace comes with its event to those who ask for causes", async () => {
  const server = await testServer();
  const plain = await open(server, "");
  const curious = await open(server, "", { "dhow-watch": "causes" });
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const headers = { "content-type": "application/json", traceparent: `00-${trace}-b7ad6b7169203331-01`, baggage: "x=y,dhow.cause=3,4" };
  await server.ask({ method: "POST", target: maps, headers, body: '{"metadata":{"name":"a"}}' });
  assert.equal((await plain.end())[0]!.cause, undefined);
  assert.equal((await curious.end())[0]!.cause!.traceId, trace);
  const span = server.spans.spans.at(-1)!;
  assert.equal(span.name, "POST configmaps");
  assert.equal(span.parentSpanId, "b7ad6b7169203331");
  assert.deepEqual(span.attributes["causes"], [3, 4]);
  assert.equal(span.attributes["key"], "/registry/configmaps/default/a");
  await server.close();
});

test("without a trace of its own a write goes on with the trace of what woke it", async () => {
  const server = await testServer();
  const first = await created(server, maps, { metadata: { name: "a" } });
  const woke = (first["metadata"] as { resourceVersion: string }).resourceVersion;
  const headers = { "content-type": "application/json", baggage: `dhow.cause=${woke}` };
  await server.ask({ method: "POST", target: maps, headers, body: '{"metadata":{"name":"b"}}' });
  const [one, two] = server.spans.spans.slice(-2);
  assert.equal(two!.traceId, one!.traceId);
  assert.equal(two!.parentSpanId, one!.spanId);
  await server.close();
});
