// A cluster whose data lies in three members of etcd, over TLS: members are killed and stand still, the control plane is killed, history
// is compacted; the cluster goes on, and who watches sees every change once and in order.
// Invariant: nothing is timed; what a change needs until it is seen is waited for, with a bound.
// Called by: npm run e2e. Next on the way: src/store/remote/watch.ts.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { revision } from "#store";
import { Cluster, launcher, root } from "./support/cluster.ts";
import { Follower, run } from "./support/commands.ts";
import { EtcdMembers } from "./support/etcd.ts";

const cluster = new Cluster("remote");
const prefix = "/one";
const patienceMs = 60_000;
let members: EtcdMembers;

before(async () => {
  cluster.kubectlPath = process.env["DHOW_E2E_KUBECTL_DEBIAN"] ?? join(root, ".cache/debian-kubectl/usr/bin/kubectl");
  members = await EtcdMembers.start(3);
  await cluster.up("--runtime", "simulated", ...members.flags, "--store-prefix", prefix);
});
after(async () => {
  await cluster.destroy();
  await members.destroy();
});

/** kubectl until it succeeds: a store without a leader answers with an error, and says so. */
async function insist(args: string): Promise<string> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    const { code, stdout, stderr } = await cluster.tryKubectl(args.split(" "), { timeoutMs: patienceMs });
    if (code === 0) return stdout;
    if (Date.now() > untilMs) throw new Error(`kubectl ${args}: ${stderr}`);
    await wait(200);
  }
}

const setCounter = (value: number): Promise<string> => insist(`patch configmap counter --type=merge -p {"data":{"n":"${value}"}}`);

async function rollout(replicas: number): Promise<void> {
  await insist(`scale deployment/web --replicas=${replicas}`);
  await insist("rollout status deployment/web --timeout=60s");
}

test("objects lie in etcd below the prefix, events under a lease; the cluster's own store folder is empty", async () => {
  await cluster.kubectl("create deployment web --image=web --replicas=2");
  await cluster.kubectl("rollout status deployment/web --timeout=60s");
  const store = await members.open();
  const raw = await members.open(members.endpoints, prefix);
  assert.equal((await store.range({ start: "/registry/", end: "/registry0" })).count, 0);
  assert.equal((await raw.range({ start: "/registry/pods/default/", end: "/registry/pods/default0" })).count, 2);
  const events = await raw.range({ start: "/registry/events/", end: "/registry/events0" });
  assert.ok(events.count > 0 && events.kvs.every(({ lease }) => lease !== undefined));
  assert.deepEqual(readdirSync(join(cluster.folder, "store")), []);
  await store.close();
  await raw.close();
});

test("members go one after the other, history is compacted: a watch through it all sees each change once", {
  timeout: 120_000,
}, async () => {
  await cluster.kubectl("create configmap counter --from-literal=n=0");
  const watch = new Follower(cluster.kubectlPath, ["get", "configmap", "counter", "-w", "-o", 'jsonpath={.data.n}{"\\n"}'], cluster.env);
  await watch.line(/^0$/);
  let value = 0;
  const count = async (times: number): Promise<void> => {
    for (let index = 0; index < times; index++) await setCounter(++value);
    await watch.line(new RegExp(`^${value}$`), patienceMs);
  };
  await count(2);
  const store = await members.open();
  for (const index of [0, 1, 2]) {
    // What every watch has seen when the next number has arrived, as real compaction leaves minutes to those who lag behind.
    const seen = await store.linearizableRevision();
    await members.kill(index);
    await count(2);
    await store.compact(revision(seen));
    await members.restart(index);
  }
  await store.close();
  members.signal(0, "SIGSTOP");
  await count(1);
  members.signal(0, "SIGCONT");
  await count(1);
  await watch.stop();
  assert.deepEqual(
    watch.lines,
    Array.from({ length: value + 1 }, (_, index) => String(index)),
  );
});

test("the control plane is killed and finds everything again", async () => {
  const { stdout } = await cluster.dhow("status", "--name", cluster.name);
  assert.match(stdout, /^its data lies in the store at https:.*, https:.*, https:/m);
  const { pid } = JSON.parse(readFileSync(join(cluster.folder, "run/control-plane.json"), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
  await rollout(3);
});

test("no member at all: an error that says so, and afterwards all goes on", { timeout: 120_000 }, async () => {
  for (const index of [0, 1, 2]) await members.kill(index);
  const { code, stderr } = await cluster.tryKubectl(["create", "configmap", "late"], { timeoutMs: patienceMs });
  assert.notEqual(code, 0);
  // This one may have been on its way when the last member died; the next finds nobody.
  assert.match(stderr, /the store is not available: .*ECONNREFUSED|it is not known whether the write took place/);
  const later = await cluster.tryKubectl(["create", "configmap", "later"], { timeoutMs: patienceMs });
  assert.notEqual(later.code, 0);
  assert.match(later.stderr, /the store is not available: .*ECONNREFUSED/);
  await members.restartAll();
  await rollout(4);
  await insist("wait --for=condition=Ready node --all --timeout=60s");
});

test("what needs a folder of ours is refused by name, and what would lead to other data too", async () => {
  const backup = await run(launcher, ["store", "backup", "--data-dir", join(cluster.folder, "store"), "--file", "x"], { env: cluster.env });
  assert.equal(backup.code, 2);
  assert.match(backup.stderr, /the data lies in the store at https:\/\/127\.0\.0\.1:.*; backup is for a folder of our own/);
  const other = await run(launcher, ["up", "--name", cluster.name, "--store", "http://127.0.0.1:1"], { env: cluster.env });
  assert.match(other.stderr, /is already running with store /);
  assert.match(await cluster.down(), /the cluster's data stays in the store at https:/);
  const virtual = await run(launcher, ["up", "--name", cluster.name, "--clock", "virtual", "--store", "x"], { env: cluster.env });
  assert.match(virtual.stderr, /--store: "x" is no address[\s\S]*--store: a store elsewhere lives in the machine's time/);
  const gone = await run(launcher, ["up", "--name", "elsewhere", "--store", "http://127.0.0.1:1"], { env: cluster.env });
  assert.match(gone.stderr, /--store: http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/);
  const stranger = await run(launcher, ["up", "--name", "stranger", "--store", members.endpoints[0]!], { env: cluster.env });
  assert.match(stranger.stderr, /--store: https:.*certificate/);
});
