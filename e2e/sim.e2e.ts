// A cluster in virtual time, driven by real kubectl: hours pass in seconds, and only when somebody says so.
// Invariant: runs without root and without containers; nothing here waits for the machine's clock to pass a time of the cluster's.
// Called by: npm run e2e. Next on the way: src/sim/README.md; src/sim/story.test.ts for the seconds of each thing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cluster, kubectls } from "./support/cluster.ts";

const cluster = new Cluster("vt");
const image = "dhow.local/busybox:1";

interface Clock {
  readonly nowMs: number;
  readonly state: string;
  readonly moved?: { readonly fromMs: number; readonly toMs: number; readonly tookMs: number };
}

const clock = async (...args: string[]): Promise<Clock> => {
  const { code, stdout, stderr } = await cluster.dhow("clock", "--name", cluster.name, "-o", "json", ...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Clock;
};
const lines = async (args: string): Promise<string[]> => (await cluster.kubectl(args)).split("\n").filter((line) => line !== "");
const items = async <Item>(args: string): Promise<readonly Item[]> =>
  (JSON.parse(await cluster.kubectl(`get ${args} -o json`)) as { items: Item[] }).items;
const apply = (object: object): Promise<string> => cluster.kubectl("apply -f -", { stdin: JSON.stringify(object) });

interface Created {
  readonly metadata: { readonly creationTimestamp: string };
  readonly status: { readonly succeeded?: number };
}

const runs = (command: readonly string[]): object => ({ spec: { restartPolicy: "Never", containers: [{ name: "c", image, command }] } });

before(async () => {
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  const printed = await cluster.up("--clock", "virtual", "--simulated-nodes", "3", "--since", "2026-01-05T09:00:00Z");
  assert.match(printed, /dhow clock --name vt step 30s/);
});

after(() => cluster.destroy());

test("time stands still, and what needs none happens all the same", async () => {
  await cluster.kubectl(`create deployment web --image=${image} --replicas=3`);
  await cluster.kubectl("rollout status deployment/web --timeout=60s");
  const { nowMs, state } = await clock("show");
  assert.deepEqual([new Date(nowMs).toISOString(), state], ["2026-01-05T09:00:00.000Z", "paused"]);
});

test("what a container prints is kept where the world may write, and read through the API server", async () => {
  await cluster.kubectl(`run talk --image=${image} --restart=Never -- echo hello`);
  await clock("step", "1s");
  assert.equal(await cluster.kubectl("logs talk"), "hello\n");
});

test("a silent node: NotReady after 40 s, pods elsewhere after 300 s more, and they end when it comes back", async () => {
  const agent = async (what: string): Promise<void> => {
    const { code, stderr } = await cluster.dhow("node", "--name", cluster.name, what, "vt-sim-2");
    assert.equal(code, 0, stderr);
  };
  const there = (): Promise<string[]> =>
    lines(
      "get pods -l app=web --field-selector=spec.nodeName=vt-sim-2 --no-headers -o custom-columns=N:.metadata.name,D:.metadata.deletionTimestamp",
    );
  assert.equal((await there()).length, 1);
  await agent("stop");
  await clock("step", "1m");
  const [node] = await lines("get node vt-sim-2 --no-headers");
  assert.match(node!, /NotReady/);
  assert.match((await there())[0]!, /<none>$/);
  const { moved } = await clock("step", "5m");
  assert.equal(moved!.toMs - moved!.fromMs, 300_000);
  assert.match((await there())[0]!, /2026-01-05T09:0\d:\d\dZ$/);
  const ready = await cluster.kubectl("get deployment web -o jsonpath={.status.readyReplicas}");
  assert.equal(ready, "3");
  await agent("start");
  await clock("step", "30s");
  assert.equal((await there()).length, 0);
  assert.match((await lines("get node vt-sim-2 --no-headers"))[0]!, / Ready /);
});

test("a CronJob of every minute has fired sixty times after an hour", async () => {
  await apply({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "tick" },
    spec: { schedule: "* * * * *", successfulJobsHistoryLimit: 100, jobTemplate: { spec: { template: runs(["true"]) } } },
  });
  await clock("step", "1h");
  const jobs = await items<Created>("jobs");
  assert.equal(jobs.length, 60);
  for (const { metadata, status } of jobs) assert.match(`${metadata.creationTimestamp} ${status.succeeded}`, /:00Z 1$/);
  // Ages in tables are the server's, and it lives in the cluster's time.
  assert.match((await lines("get cronjob tick --no-headers"))[0]!, / 60m$/);
});

test("a Job tries again after 10 s, 20 s, 40 s", async () => {
  await apply({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "fails" }, spec: { backoffLimit: 3, template: runs(["false"]) } });
  await clock("step", "10m");
  const births = (await items<Created>("pods -l job-name=fails"))
    .map(({ metadata }) => Date.parse(metadata.creationTimestamp) / 1000)
    .toSorted((a, b) => a - b);
  assert.deepEqual(
    births.slice(1).map((birth, index) => birth - births[index]!),
    [10, 20, 40],
  );
});

test("time flows when it is let, and stands still again", async () => {
  const before = await clock("run", "x1000");
  assert.equal(before.state, "running");
  // kubectl watches it happen: the container's sleep is a timer of the cluster.
  await apply({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "nap" }, spec: { template: runs(["sleep", "600"]) } });
  await cluster.kubectl("wait --for=condition=Complete job/nap --timeout=60s");
  const paused = await clock("pause");
  assert.ok(paused.nowMs - before.nowMs >= 600_000);
  assert.equal((await clock("show")).nowMs, paused.nowMs);
});

test("what cannot be is said in words", async () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await cluster.dhow(...args, "--name", cluster.name);
    assert.notEqual(code, 0);
    return stderr;
  };
  assert.match(await refused("clock", "step", "soon"), /how far\?/);
  assert.match(await refused("node", "stop", "vt-sim-9"), /there are vt-sim-1, vt-sim-2, vt-sim-3/);
  assert.match(await refused("up", "--detach", "--clock", "real"), /virtual clock since 2026-01-05T09:00:00Z and seed 1/);
});

test("the same beginning after down and up: the world begins again", async () => {
  await cluster.down();
  await cluster.up();
  assert.equal((await lines("get nodes --no-headers")).length, 3);
  assert.deepEqual(await lines("get pods --no-headers -o name"), []);
  assert.equal((await clock("show")).nowMs, Date.UTC(2026, 0, 5, 9));
});
