// Leader election between two candidates, and what the event recorder writes.
// Invariant: time is moved by hand: a Lease runs out when the test says so.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type Event, type Lease } from "#api";
import { macrotask, ManualClock, seededPrng, silentLog } from "#lib";
import { runLeaderElection } from "./leader.ts";
import type { Live } from "./objects.ts";
import { createRecorder } from "./recorder.ts";
import { createFakeApi } from "./testing/fakeapi.ts";
import { createClient } from "./typed.ts";

function setUp() {
  const clock = new ManualClock();
  const api = createFakeApi(clock);
  const client = createClient({ transport: api.transport, clock });
  const told: string[] = [];
  const stand = (identity: string) =>
    runLeaderElection({
      client,
      clock,
      prng: seededPrng(identity.length),
      log: silentLog(),
      name: "kube-scheduler",
      identity,
      onStarted: () => told.push(`${identity} leads`),
      onStopped: () => told.push(`${identity} stops`),
    });
  const pass = async (ms: number): Promise<void> => {
    for (let gone = 0; gone < ms; gone += 250) {
      clock.advance(250);
      for (let turn = 0; turn < 4; turn++) await macrotask();
    }
  };
  const lease = () => (api.store.get("leases.coordination.k8s.io", "kube-system", "kube-scheduler") as Live<Lease>).spec;
  return { clock, api, client, told, stand, pass, lease };
}

test("the first candidate leads at once, the second waits", async () => {
  const { stand, pass, told, lease } = setUp();
  const [a] = [stand("a")];
  await pass(250);
  const b = stand("bb");
  await pass(20_000);
  assert.deepEqual(told, ["a leads"]);
  assert.deepEqual([lease()?.holderIdentity, lease()?.leaseDurationSeconds, lease()?.leaseTransitions], ["a", 15, 0]);
  await a.close();
  await pass(5000);
  assert.deepEqual(told, ["a leads", "a stops", "bb leads"]);
  assert.equal(lease()?.leaseTransitions, 1);
  await b.close();
});

test("a leader that cannot renew stops before anybody else may start", async () => {
  const { stand, pass, told, api } = setUp();
  const a = stand("a");
  await pass(500);
  const b = stand("bb");
  await pass(3000);
  api.before = (request) => {
    if (request.method === "PUT" && Buffer.from(request.body!).toString().includes('"holderIdentity":"a"')) throw ApiError.internal("no");
  };
  await pass(7000);
  assert.deepEqual(told, ["a leads"]);
  await pass(3500);
  assert.deepEqual(told, ["a leads", "a stops"]);
  await pass(8000);
  assert.deepEqual(told, ["a leads", "a stops", "bb leads"]);
  await Promise.all([a.close(), b.close()]);
});

test("a candidate that comes back under its old name goes on at once", async () => {
  const { stand, pass, told, api } = setUp();
  const now = new Date().toISOString();
  const spec = { holderIdentity: "a", leaseDurationSeconds: 15, acquireTime: now, renewTime: now, leaseTransitions: 3 };
  const metadata = { namespace: "kube-system", name: "kube-scheduler", uid: "u", resourceVersion: "" };
  api.store.put("leases.coordination.k8s.io", { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec } as never);
  const a = stand("a");
  await pass(250);
  assert.deepEqual(told, ["a leads"]);
  await a.close();
});

test("equal events are counted, different ones of one kind are merged after ten, a flood is cut at 25", async () => {
  const { clock, client, api } = setUp();
  const recorder = createRecorder({ client, clock, log: silentLog(), component: "tester" });
  const about = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "d", uid: "u" } };
  for (let round = 0; round < 3; round++) recorder.event(about, "Normal", "Same", "again");
  for (let round = 0; round < 30; round++) recorder.event(about, "Warning", "Different", `number ${round}`);
  for (let turn = 0; turn < 100; turn++) await macrotask();
  const events = api.store.list("events") as Live<Event>[];
  const same = events.filter((event) => event.reason === "Same");
  assert.deepEqual([same.length, same[0]?.count, same[0]?.source?.component, same[0]?.involvedObject.uid], [1, 3, "tester", "u"]);
  assert.match(same[0]!.metadata.name, /^p\.[0-9a-f]{16}$/);
  const different = events.filter((event) => event.reason === "Different");
  assert.equal(different.length, 11);
  assert.deepEqual([different[10]!.message?.startsWith("(combined from similar events): "), different[10]!.count], [true, 12]);
  recorder.close();
});
