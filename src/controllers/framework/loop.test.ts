// The loop's promises: it waits for its own writes, retries with patience, and survives a plan that throws.
// Invariant: no real time passes.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type ConfigMap } from "#api";
import { type AnyObject, createClient, createFakeApi, createRecorder, type Informer, informer, keyOf, type Live } from "#client";
import { macrotask, ManualClock, MetricRegistry, noSpans, seededPrng, silentLog } from "#lib";
import { DecisionRing } from "./decisions.ts";
import { Loop } from "./loop.ts";
import type { Plan } from "./plan.ts";

async function setUp(plan: (map: Live<ConfigMap>, informed: Informer<AnyObject>) => Plan) {
  const clock = new ManualClock();
  const api = createFakeApi(clock);
  const client = createClient({ transport: api.transport, clock });
  const log = silentLog();
  const maps = informer<ConfigMap>(client, "configmaps", { clock, prng: seededPrng(1), log });
  const metrics = new MetricRegistry();
  const failures = metrics.counter("failures", "");
  const decisions = new DecisionRing();
  const recorder = createRecorder({ client, clock, log, component: "tester" });
  const informed = maps as unknown as Informer<AnyObject>;
  const loop = new Loop(
    {
      name: "tester",
      workers: 1,
      observe(key) {
        const map = maps.store.get(key);
        return map && { saw: [map], map };
      },
      plan: ({ map }) => plan(map, informed),
    },
    { client, recorder, clock, prng: seededPrng(2), log, spans: noSpans, decisions, failures },
    new Map([["configmaps", informed]]),
  );
  maps.start();
  await maps.synced;
  maps.on({
    added: (map) => loop.enqueue(keyOf(map), { name: "added" }),
    updated: (_, map) => (loop.enqueue(keyOf(map), { name: "updated" }), loop.moved("configmaps")),
  });
  loop.start();
  const pass = async (ms = 0): Promise<void> => {
    clock.advance(ms);
    for (let turn = 0; turn < 20; turn++) await macrotask();
  };
  const create = (name: string) => client.resource<ConfigMap>("configmaps").create({ metadata: { namespace: "d", name } });
  const close = (): void => {
    loop.close();
    maps.close();
    recorder.close();
  };
  return { clock, api, client, loop, decisions, metrics, pass, create, close };
}

const mark = (map: Live<ConfigMap>): Plan => {
  const count = Number(map.data?.["count"] ?? 0);
  if (count >= 3) return { actions: [], decision: "enough" };
  const patch = { data: { count: String(count + 1) } };
  return {
    actions: [{ verb: "patch", resource: "configmaps", target: { namespace: "d", name: map.metadata.name }, type: "merge", patch }],
    decision: "one more",
  };
};

test("a key is not planned again before its own write can be seen", async () => {
  const planned: string[] = [];
  const { pass, create, loop, close, decisions } = await setUp((map, informed) => {
    planned.push(`${map.data?.["count"] ?? 0}@${Number(map.metadata.resourceVersion) <= Number(informed.resourceVersion)}`);
    return mark(map);
  });
  await create("a");
  for (let round = 0; round < 20; round++) {
    loop.enqueue("d/a", { name: "impatient" });
    await pass();
  }
  await pass(2000);
  assert.deepEqual([...new Set(planned)], ["0@true", "1@true", "2@true", "3@true"]);
  assert.equal(decisions.list("tester").filter((one) => one.actions.length > 0).length, 3);
  close();
});

test("a refused write is tried again, later each time, with the same reasons", async () => {
  const { api, pass, create, close, decisions } = await setUp(mark);
  let refusals = 0;
  api.before = (request) => {
    if (request.method === "PATCH" && refusals++ < 3) throw ApiError.internal("not now");
  };
  await create("a");
  await pass();
  for (const ms of [5, 10, 20]) await pass(ms);
  await pass(2000);
  const records = decisions.list("tester");
  assert.deepEqual(
    records.slice(0, 4).map((one) => one.error !== undefined),
    [true, true, true, false],
  );
  assert.ok(records.slice(0, 4).every((one) => one.woken[0]?.name === "added"));
  close();
});

test("a plan that throws is told, counted and backed off; other keys go on", async () => {
  const { api, pass, create, close, metrics, decisions } = await setUp((map) => {
    if (map.metadata.name === "bad") throw new TypeError("poisoned");
    return { actions: [], decision: "fine" };
  });
  await create("bad");
  await create("good");
  await pass(100);
  assert.ok(decisions.list("tester").some((one) => one.key === "d/good" && one.decision === "fine"));
  assert.match(metrics.text(), /failures\{controller="tester",kind="exception"\} [1-9]/);
  assert.deepEqual(
    api.store.list("events").map((event) => (event as unknown as { reason: string }).reason),
    ["ReconcileFailed"],
  );
  close();
});
