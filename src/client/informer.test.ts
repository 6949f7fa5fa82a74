// The informer's promises, against the API server in memory.
// Invariant: handlers hear every change once and in order, through broken watches too.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type ConfigMap } from "#api";
import { macrotask, ManualClock, seededPrng, silentLog } from "#lib";
import { informer } from "./informer.ts";
import { jsonLines } from "./lines.ts";
import { createFakeApi } from "./testing/fakeapi.ts";
import { createClient } from "./typed.ts";

function setUp() {
  const clock = new ManualClock();
  const api = createFakeApi(clock);
  const client = createClient({ transport: api.transport, clock, userAgent: "test/1" });
  const maps = client.resource<ConfigMap>("configmaps");
  const heard: string[] = [];
  const watching = informer<ConfigMap>(client, "configmaps", { clock, prng: seededPrng(7), log: silentLog() });
  watching.on({
    added: (object) => heard.push(`added ${object.metadata.name}`),
    updated: (old, object) => heard.push(`updated ${object.metadata.name} ${old.data?.["k"]}→${object.data?.["k"]}`),
    deleted: (last) => heard.push(`deleted ${last.metadata.name}`),
  });
  const create = (name: string, k: string) => maps.create({ metadata: { namespace: "d", name }, data: { k } });
  return { clock, api, client, maps, heard, watching, create };
}

async function settle(turns = 6): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await macrotask();
}

test("what was there is added, what happens later is told in order", async () => {
  const { watching, heard, maps, create } = setUp();
  const first = await create("one", "1");
  watching.start();
  await watching.synced;
  assert.deepEqual(heard, ["added one"]);
  await maps.update({ ...first, data: { k: "2" } });
  await create("two", "1");
  await maps.delete("d", "one");
  await settle();
  assert.deepEqual(heard, ["added one", "updated one 1→2", "added two", "deleted one"]);
  assert.deepEqual(
    watching.store.byIndex("namespace", "d").map((object) => object.metadata.name),
    ["two"],
  );
  watching.close();
});

test("a broken watch goes on where it was, without a repeat", async () => {
  const { api, watching, heard, clock, create } = setUp();
  watching.start();
  await watching.synced;
  await create("one", "1");
  await settle();
  api.breakWatches();
  await create("two", "1");
  await settle();
  clock.advance(1000);
  await settle();
  assert.deepEqual(heard, ["added one", "added two"]);
  const watches = api.requests.filter((request) => request.target.includes("watch=true"));
  assert.match(watches.at(-1)!.target, /resourceVersion=\d+/);
  watching.close();
});

test("after 410 Gone everything is read anew and the difference is told", async () => {
  const { api, watching, heard, maps, clock, create } = setUp();
  await create("one", "1");
  watching.start();
  await watching.synced;
  api.before = (request) => {
    if (request.target.includes("resourceVersion=")) throw ApiError.gone("too old resource version");
  };
  api.breakWatches();
  await maps.delete("d", "one");
  await create("two", "1");
  await settle();
  clock.advance(1000);
  await settle();
  clock.advance(1000);
  await settle();
  assert.deepEqual(heard, ["added one", "added two", "deleted one"]);
  watching.close();
});

test("a server without streamed lists gets LIST and WATCH", async () => {
  const { api, watching, heard, clock, create } = setUp();
  await create("one", "1");
  api.before = (request) => {
    if (request.target.includes("sendInitialEvents")) throw ApiError.badRequest("sendInitialEvents is forbidden for watch");
  };
  watching.start();
  await settle();
  clock.advance(1000);
  await settle();
  assert.ok(watching.hasSynced);
  await create("two", "1");
  await settle();
  assert.deepEqual(heard, ["added one", "added two"]);
  watching.close();
});

test("objects in the memory are frozen to the bottom and without managedFields", async () => {
  const { watching, create, maps } = setUp();
  await maps.create({ metadata: { namespace: "d", name: "m", managedFields: [{ manager: "x" }] }, data: { k: "1" } });
  await create("one", "1");
  watching.start();
  await watching.synced;
  const object = watching.store.get("d/one")!;
  assert.throws(() => Object.assign(object.data!, { k: "2" }), TypeError);
  assert.equal(watching.store.get("d/m")!.metadata.managedFields, undefined);
  watching.close();
});

test("lines survive any cut, also inside a character", async () => {
  const bytes = Buffer.from('{"a":"ä€"}\n\n{"b":2}\n{"torn":');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const lines: unknown[] = [];
    for await (const line of jsonLines(chunks(bytes.subarray(0, cut), bytes.subarray(cut)))) lines.push(line);
    assert.deepEqual(lines, [{ a: "ä€" }, { b: 2 }]);
  }
});

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* parts;
}
