// `dhow store` as three members, then as five: killed, paused, cut off, replaced, away too long, while clients write and read.
// Invariant: nothing acknowledged is lost, no linearizable read is stale, and a minority's trouble stops the service for an election at most.
// Called by: npm run e2e. Longer, by chance: `sh bin/node e2e/members.ts --minutes 5`. Next on the way: members/load.ts.

import { ok, strictEqual } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { electionMs, TestCluster, type TestMember, until } from "./members/cluster.ts";
import { Load } from "./members/load.ts";
import { loopback, namespaces, type Place } from "./members/place.ts";

/** The bound is two elections; a machine that does other things at the same time gets more before it counts as broken. */
const boundMs = 10 * electionMs;

async function trouble(cluster: TestCluster, load: Load, name: string, make: () => Promise<void> | void): Promise<void> {
  const sinceMs = performance.now();
  await make();
  const tookMs = await load.servedAfter(sinceMs);
  console.log(
    `${name}: a write asked for afterwards was acknowledged after ${Math.round(tookMs)} ms (two elections: ${2 * electionMs} ms)`,
  );
  ok(tookMs < boundMs, `${name}: ${tookMs} ms`);
}

const leaderOf = (cluster: TestCluster): Promise<TestMember> => until("a leader", () => cluster.leader());
const followerOf = async (cluster: TestCluster): Promise<TestMember> => {
  const leader = await leaderOf(cluster);
  return cluster.running.find((member) => member !== leader)!;
};

async function ends(cluster: TestCluster, load: Load): Promise<void> {
  const { acknowledged, reads, unknown } = await load.stop();
  await cluster.level();
  await load.check();
  const hashes = await Promise.all(cluster.running.map(async ({ caller }) => (await caller.call("HashKV", {})).hash));
  strictEqual(new Set(hashes).size, 1, `members differ: ${hashes.join(", ")}`);
  console.log(
    `${acknowledged} writes acknowledged, ${reads} linearizable reads, ${unknown} writes with unknown end; ${hashes.length} members equal`,
  );
  ok(acknowledged > 0 && reads > 0);
}

const places: readonly (readonly [name: string, make: () => Place])[] = [["three members", () => namespaces(5)]];

for (const [name, make] of places)
  describe(name, () => {
    let cluster: TestCluster;
    let load: Load;
    before(async () => {
      cluster = new TestCluster(make(), ["--experimental-snapshot-catchup-entries", "50"]);
      await cluster.found(3);
      load = new Load(cluster, 4, 2, "/load/");
    });
    after(() => cluster.close());

    test("kill -9 of the leader, and its return", async () => {
      const leader = await leaderOf(cluster);
      await trouble(cluster, load, "leader killed", () => cluster.kill(leader));
      await cluster.restart(leader);
    });

    test("kill -9 of a follower, and its return after more than the log: by a snapshot", async () => {
      const follower = await followerOf(cluster);
      await trouble(cluster, load, "follower killed", () => cluster.kill(follower));
      const { caller } = await leaderOf(cluster);
      // Beyond what a leader keeps for those who lag.
      for (let round = 0; round < 20; round++)
        await Promise.all(Array.from({ length: 10 }, (_, at) => caller.call("Put", { key: `/away/${at}`, value: Buffer.alloc(100) })));
      await cluster.restart(follower);
      await until("the snapshot is told of", async () =>
        cluster.logOf(follower).includes("a snapshot came from another member") ? true : undefined,
      );
    });

    test("a leader that stands still, and goes on", async () => {
      const leader = await leaderOf(cluster);
      await trouble(cluster, load, "leader paused", () => cluster.pause(leader));
      cluster.resume(leader);
      await cluster.level();
    });

    test("a leader that ends in peace gives its place away", async () => {
      const leader = await leaderOf(cluster);
      await trouble(cluster, load, "leader ended by SIGTERM", () => cluster.kill(leader, "SIGTERM"));
      await cluster.restart(leader);
    });

    test("a leader that reaches nobody but its clients, and heals", async () => {
      const leader = await leaderOf(cluster);
      const others = cluster.members.filter((member) => member !== leader);
      await trouble(cluster, load, "leader cut off", () =>
        cluster.place.cut!(
          leader.at,
          others.map(({ at }) => at),
        ),
      );
      await until("the others have a leader", () => cluster.leader(others));
      cluster.place.heal!();
      await cluster.level();
    });

    test("a member is replaced by a new one", async () => {
      const fresh = await cluster.replace(await followerOf(cluster), true);
      await cluster.level();
      const { members } = await fresh.caller.call("MemberList", {});
      strictEqual(members.length, 3);
    });

    test("everything acknowledged is on every member", () => ends(cluster, load));
  });

test("five members outlive two, the leader among them", async () => {
  const cluster = new TestCluster(loopback());
  try {
    await cluster.found(5);
    const load = new Load(cluster, 4, 2, "/five/");
    const leader = await leaderOf(cluster);
    const other = await followerOf(cluster);
    await trouble(cluster, load, "leader and another killed", async () => {
      await Promise.all([cluster.kill(leader), cluster.kill(other)]);
    });
    cluster.start(other, "new", cluster.members);
    await cluster.restart(leader);
    await ends(cluster, load);
  } finally {
    await cluster.close();
  }
});
