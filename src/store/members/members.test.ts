// A cluster in one process: elections, writes on any member, reads that are never stale, members that go, come, join and leave.
// Invariant: what was acknowledged is on every member in the end, and all hold the same.
// Called by: the test runner. Next on the way: testcluster.ts.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { TestCluster, type TestMember } from "./testcluster.ts";

const keysOf = ({ store }: TestMember): string[] => {
  const scan = store.state.scan({ start: "", end: "\0" }, store.state.revision, { limit: 0, countOnly: false });
  scan.advance(10_000);
  return scan.kvs.map(({ key }) => key);
};

async function level(cluster: TestCluster): Promise<void> {
  await cluster.when("all members have applied the same", () => {
    const all = [...cluster.members.values()];
    return all.every(({ store }) => store.applied.index === all[0]!.store.applied.index && store.applied.index > 0);
  });
}

async function three(keepEntries?: number): Promise<TestCluster> {
  const cluster = new TestCluster(keepEntries);
  await cluster.found(["a", "b", "c"]);
  await cluster.when("a leader", () => cluster.leader !== undefined);
  await cluster.when("all have told their names", () =>
    [...cluster.members.values()].every(({ group }) => group.members.every(({ clientUrls }) => clientUrls.length > 0)),
  );
  return cluster;
}

test("three members elect, take writes anywhere and read what was written elsewhere", async () => {
  const cluster = await three();
  for (const [name, member] of cluster.members) await cluster.until(cluster.put(member, name));
  for (const member of cluster.members.values()) {
    await cluster.until(Promise.resolve(member.store.linearizable()));
    deepStrictEqual(keysOf(member), ["a", "b", "c"]);
  }
  deepStrictEqual(
    cluster.follower.group.members.map(({ name, number, clientUrls }) => [name, number, clientUrls[0]]),
    cluster.leader!.group.members.map(({ name, number }) => [name, number, `http://${name}:2379`]),
  );
  await cluster.close();
});

test("a leader that dies is replaced; what it acknowledged stays, and it comes back as a follower", async () => {
  const cluster = await three();
  const name = [...cluster.members].find(([, member]) => member === cluster.leader)![0];
  await cluster.until(cluster.put(cluster.follower, "before"));
  const disk = await cluster.crash(name);
  await cluster.when("another leader", () => cluster.leader !== undefined);
  await cluster.until(cluster.put(cluster.follower, "without"));
  await cluster.start(name, undefined, disk);
  await level(cluster);
  for (const member of cluster.members.values()) deepStrictEqual(keysOf(member), ["before", "without"]);
  await cluster.close();
});

test("a leader that is cut off acknowledges nothing and answers no linearizable read", async () => {
  const cluster = await three();
  const old = cluster.leader!;
  cluster.cut.add(old.number);
  const lost = cluster.put(old, "lost");
  const stale = Promise.resolve(old.store.linearizable());
  for (const one of [lost, stale]) one.catch(() => undefined);
  await cluster.when("another leader", () => cluster.leader !== undefined);
  await cluster.until(cluster.put(cluster.leader!, "won"));
  await rejects(cluster.until(lost), /request timed out/);
  await rejects(cluster.until(stale), /request timed out/);
  cluster.cut.clear();
  await level(cluster);
  for (const member of cluster.members.values()) deepStrictEqual(keysOf(member), ["won"]);
  await cluster.close();
});

test("a write whose entry another leader's has displaced is said again, and takes place once", async () => {
  const cluster = await three();
  const old = cluster.leader!;
  cluster.cut.add(old.number);
  const displaced = cluster.put(old, "displaced");
  displaced.catch(() => undefined);
  await cluster.when("another leader", () => cluster.leader !== undefined);
  await cluster.until(cluster.put(cluster.leader!, "won"));
  cluster.cut.clear();
  await cluster.until(displaced);
  await level(cluster);
  for (const member of cluster.members.values()) {
    deepStrictEqual(keysOf(member), ["displaced", "won"]);
    strictEqual(member.store.state.revision, 3);
  }
  await cluster.close();
});

test("who was away longer than the log gets a snapshot, and its watches go on", async () => {
  const cluster = await three(5);
  const away = cluster.follower;
  const seen: number[] = [];
  away.store.watch(
    { start: "", end: "\0", startRevision: away.store.state.revision },
    { batch: ({ revision }) => void seen.push(revision), progress: () => undefined, closed: () => undefined },
  );
  await cluster.until(cluster.put(cluster.leader!, "k0"));
  await level(cluster);
  cluster.cut.add(away.number);
  for (let round = 1; round < 30; round++) await cluster.until(cluster.put(cluster.leader!, `k${round % 7}`, String(round)));
  const before = away.store.state;
  cluster.cut.clear();
  await level(cluster);
  ok(away.store.state !== before, "its state was replaced");
  await cluster.when("the watch has everything", () => seen.at(-1) === cluster.leader!.store.state.revision);
  deepStrictEqual(
    seen,
    Array.from({ length: 30 }, (_, at) => at + 2),
  );
  await cluster.until(cluster.put(away, "after"));
  const disk = await cluster.crash([...cluster.members].find(([, member]) => member === away)![0]);
  await cluster.start("again", undefined, disk);
  await level(cluster);
  deepStrictEqual(keysOf(cluster.members.get("again")!), keysOf(cluster.leader!));
  await cluster.close();
});

test("a member leaves and a new one takes its place, first as a learner", async () => {
  const cluster = await three();
  const leaver = [...cluster.members].find(([, member]) => member === cluster.leader)![0];
  const { id } = cluster.members.get(leaver)!.group.self!;
  await cluster.until(cluster.put(cluster.leader!, "k"));
  await cluster.until(cluster.follower.group.change({ change: "remove", id }));
  await cluster.when("the others lead themselves", () =>
    [...cluster.members].some(([name, { group, store }]) => name !== leaver && group.isLeader && store.state.members.all.length === 2),
  );
  await cluster.crash(leaver);
  await cluster.when("a leader", () => cluster.leader !== undefined);
  strictEqual(cluster.leader!.group.wasRemoved(id), true);
  const added = { change: "add", id: "dd", peerUrls: ["http://d:2380"], learner: true } as const;
  deepStrictEqual(await cluster.until(cluster.follower.group.change(added)), { type: "done" });
  deepStrictEqual(await cluster.until(cluster.follower.group.change(added)), { type: "refused", reason: "memberExists" });
  const initialCluster = [...cluster.leader!.group.members].map(({ name, peerUrls: [url = ""] }) => ({ name: name || "d", url }));
  const joined = await cluster.start("d", { initialCluster, initialClusterState: "existing" });
  strictEqual(joined.number, 4);
  await cluster.when("the learner has the log", () => keysOf(joined).length === 1 && joined.group.isLearner);
  await cluster.when("it is ready", () => cluster.leader!.store.applied.index === joined.store.applied.index);
  deepStrictEqual(await cluster.until(cluster.follower.group.promote(joined.group.self!)), { type: "done" });
  await cluster.when("it votes", () => cluster.leader?.group.members.every(({ learner }) => !learner) ?? false);
  await cluster.until(cluster.put(joined, "from the new one"));
  await level(cluster);
  for (const member of cluster.members.values()) deepStrictEqual(keysOf(member), ["from the new one", "k"]);
  await cluster.close();
});

test("a lease ends on every member, by the clock of whoever leads", async () => {
  const cluster = await three();
  await cluster.until(cluster.follower.store.execute({ type: "grantLease", id: 7n, ttlSeconds: 3 }));
  const name = [...cluster.members].find(([, member]) => member === cluster.leader)![0];
  strictEqual(await cluster.until(cluster.follower.group.renewLease(7n)), 3);
  strictEqual(await cluster.until(cluster.follower.group.renewLease(8n)), undefined);
  const disk = await cluster.crash(name);
  await cluster.when("another leader", () => cluster.leader !== undefined);
  await cluster.start(name, undefined, disk);
  const left = await cluster.until(cluster.follower.group.leaseRemainingMs(7n));
  ok(left !== undefined && left > 2000, `a new leader gives a lease its full time: ${left}`);
  await cluster.when("the lease has ended everywhere", () =>
    [...cluster.members.values()].every(({ store }) => store.state.leases.get(7n) === undefined),
  );
  await cluster.close();
});

test("leadership is handed over", async () => {
  const cluster = await three();
  const { group } = cluster.leader!;
  const heir = cluster.follower;
  strictEqual(await cluster.until(group.moveLeader(heir.group.self!)), true);
  strictEqual(cluster.leader, heir);
  await cluster.close();
});

for (const leaves of ["the follower", "the leader"])
  test(`${leaves} of two may be killed in the moment in which its removal is answered`, async () => {
    const cluster = new TestCluster();
    await cluster.found(["a", "b"]);
    await cluster.when("a leader", () => cluster.leader !== undefined);
    await cluster.when("both have told their names", () => cluster.follower.group.members.every(({ clientUrls }) => clientUrls.length > 0));
    const [leaver, stays] = leaves === "the leader" ? [cluster.leader!, cluster.follower] : [cluster.follower, cluster.leader!];
    const removal = stays.group.change({ change: "remove", id: leaver.group.self!.id });
    removal.then(
      () => cluster.cut.add(leaver.number),
      () => undefined,
    );
    deepStrictEqual(await cluster.until(removal), { type: "done" });
    await cluster.until(cluster.put(stays, "alone"));
    await cluster.close();
  });
