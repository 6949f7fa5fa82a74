// What takes minutes and hours in a cluster, lived through in one process and no time: eviction, a CronJob's hour, back-off.
// Invariant shown: each thing happens at its own second, and one seed is one story.
// Called by: npm test.

import assert from "node:assert/strict";
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { after, before, test } from "node:test";
import type { ApiObject, CronJob, Job, Node, Pod } from "#api";
import { type Keys, nineOClock, type TestWorld, testKeys, testWorld } from "./testing.ts";

let keys: Keys;
let world: TestWorld;
/** All that begins in the world, and what follows from it; other files' leftovers in this process do not. */
const ours = new AsyncLocalStorage<true>();
before(async () => {
  keys = await testKeys();
  world = await ours.run(true, () => testWorld(keys, 7));
});
after(() => world.close());

const container = (command: readonly string[]) => ({ name: "c", image: "dhow.local/busybox:1", command: [...command] });

const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [container(["sleep", "100000"])] } },
  },
} as unknown as ApiObject;

const nodes = async (w: TestWorld): Promise<string> => {
  const { items } = await w.admin.resource<Node>("nodes").list();
  const ready = (node: Node): string => node.status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "?";
  return items.map((node) => `${node.metadata?.name} ${ready(node)}`).join(", ");
};

/** Pods that nobody wants gone, by node. */
const livingOn = async (w: TestWorld, node: string): Promise<number> => {
  const { items } = await w.admin.resource<Pod>("pods").list("default");
  return items.filter((pod) => pod.spec?.nodeName === node && !pod.metadata?.deletionTimestamp).length;
};

const atSecond = (time: string | undefined): number => (Date.parse(time ?? "") - nineOClock) / 1000;

test("a world does nothing but promises, ticks and immediates while its time passes", async () => {
  const kinds = new Set<string>();
  const hook = createHook({ init: (_id, type) => void (ours.getStore() && kinds.add(type)) }).enable();
  await ours.run(true, async () => {
    await world.admin.resource("deployments.apps").create(web);
    await world.step(12_000);
  });
  hook.disable();
  assert.ok(kinds.has("PROMISE"));
  assert.deepEqual(
    [...kinds].filter((kind) => !["PROMISE", "Immediate", "TickObject", "Microtask"].includes(kind)),
    [],
  );
  assert.equal((await livingOn(world, "a")) + (await livingOn(world, "b")) + (await livingOn(world, "c")), 3);
});

test("a silent node is NotReady after 40 s, and its pods are elsewhere after 300 s more", async () => {
  assert.equal(await livingOn(world, "b"), 1);
  await world.cluster.nodes.silence("b");
  await world.step(39_000);
  assert.equal(await nodes(world), "a True, b True, c True");
  await world.step(16_000);
  assert.equal(await nodes(world), "a True, b Unknown, c True");
  await world.step(280_000);
  assert.equal(await livingOn(world, "b"), 1);
  await world.step(21_000);
  assert.equal(await livingOn(world, "b"), 0);
  assert.equal((await livingOn(world, "a")) + (await livingOn(world, "c")), 3);
  // Nobody there confirms the end; whoever comes back does.
  assert.equal((await world.admin.resource<Pod>("pods").list("default")).items.length, 4);
  world.cluster.nodes.start("b");
  await world.step(15_000);
  assert.equal(await nodes(world), "a True, b True, c True");
  assert.equal((await world.admin.resource<Pod>("pods").list("default")).items.length, 3);
});

test("where no node speaks nobody's pods have to leave; when one is back, the others' go, ten seconds apart", async () => {
  const one = await testWorld(keys, 9);
  const leaving = async (): Promise<readonly number[]> => {
    const { items } = await one.admin.resource<Node>("nodes").list();
    const taints = items.flatMap(({ spec }) => spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");
    return taints.map(({ timeAdded }) => atSecond(timeAdded)).toSorted((a, b) => a - b);
  };
  for (const node of ["a", "b", "c"]) await one.cluster.nodes.silence(node);
  await one.step(80_000);
  assert.equal(await nodes(one), "a Unknown, b Unknown, c Unknown");
  assert.deepEqual(await leaving(), []);
  one.cluster.nodes.start("c");
  await one.step(30_000);
  assert.equal(await nodes(one), "a Unknown, b Unknown, c True");
  const [first, second, ...others] = await leaving();
  assert.deepEqual(others, []);
  assert.ok(second! - first! >= 10 && second! - first! <= 11, `${first} and ${second}`);
  await one.close();
});

test("a CronJob of every minute fires ten times in ten minutes, on the minute", async () => {
  const from = world.clock.nowMs();
  await world.admin.resource("cronjobs.batch").create({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "tick", namespace: "default" },
    spec: {
      schedule: "* * * * *",
      successfulJobsHistoryLimit: 100,
      jobTemplate: { spec: { template: { spec: { restartPolicy: "Never", containers: [container(["true"])] } } } },
    },
  } as unknown as ApiObject);
  await world.step(600_000);
  const jobs = (await world.admin.resource<Job>("jobs.batch").list("default")).items;
  assert.equal(jobs.length, 10);
  assert.deepEqual([...new Set(jobs.map((job) => atSecond(job.metadata?.creationTimestamp) % 60))], [0]);
  assert.ok(jobs.every((job) => job.status?.succeeded === 1));
  const cron = await world.admin.resource<CronJob>("cronjobs.batch").get("default", "tick");
  assert.ok(Date.parse(cron.status?.lastScheduleTime ?? "") > from + 540_000 - 1);
  await world.admin.resource("cronjobs.batch").delete("default", "tick");
});

test("a Job that fails tries again after 10, 20, 40 seconds", async () => {
  await world.admin.resource("jobs.batch").create({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "fails", namespace: "default" },
    spec: { backoffLimit: 3, template: { spec: { restartPolicy: "Never", containers: [container(["false"])] } } },
  } as unknown as ApiObject);
  await world.step(120_000);
  const { items } = await world.admin.resource<Pod>("pods").list("default", { labelSelector: "job-name=fails" });
  const births = items.map((pod) => atSecond(pod.metadata?.creationTimestamp)).toSorted((a, b) => a - b);
  assert.deepEqual(
    births.slice(1).map((birth, index) => birth - births[index]!),
    [10, 20, 40],
  );
});

test("one seed is one story: the same writes, names and all, at the same moments; another seed is another", async () => {
  const live = async (seed: number): Promise<readonly string[]> => {
    const one = await testWorld(keys, seed);
    await one.admin.resource("deployments.apps").create(web);
    await one.step(5000);
    await one.cluster.nodes.silence("a");
    await one.step(60_000);
    const story = [...one.story];
    await one.close();
    return story;
  };
  const [first, again, other] = [await live(3), await live(3), await live(4)];
  assert.ok(first.length > 100, `${first.length} writes`);
  assert.deepEqual(again, first);
  assert.notDeepEqual(other, first);
});
