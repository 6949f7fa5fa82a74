// What an answer about members promises: who is removed may be killed at once, who is moved is found at its new address.
// Invariant: nothing here waits for time: each step begins when the answer before it is there.
// Called by: npm run e2e. Next on the way: members/cluster.ts.

import { ok, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../conformance/etcd/servers.ts";
import { TestCluster, type TestMember, until } from "./members/cluster.ts";
import { loopback } from "./members/place.ts";

async function withMembers(count: number, run: (cluster: TestCluster) => Promise<void>): Promise<void> {
  const cluster = new TestCluster(loopback());
  try {
    await cluster.found(count);
    await run(cluster);
  } finally {
    await cluster.close();
  }
}

const put = ({ caller }: TestMember, key: string): Promise<unknown> => caller.call("Put", { key, value: Buffer.from(key) });

const removals: readonly (readonly [who: "leader" | "follower", asked: "itself" | "the other"])[] = [
  ["follower", "the other"],
  ["leader", "the other"],
  ["follower", "itself"],
  ["leader", "itself"],
];

for (const [who, asked] of removals)
  test(`of two members the ${who} is removed, which ${asked} answers, and killed at once: the one that is left serves`, () =>
    withMembers(2, async (cluster) => {
      const leader = await until("a leader", () => cluster.leader());
      const follower = cluster.members.find((member) => member !== leader)!;
      const [gone, stays] = who === "leader" ? [leader, follower] : [follower, leader];
      await put(stays, "before");
      const { members } = await stays.caller.call("MemberList", {});
      const { ID } = members.find(({ name }) => name === gone.name)!;
      const left = await (asked === "itself" ? gone : stays).caller.call("MemberRemove", { ID });
      await cluster.kill(gone);
      strictEqual(left.members.length, 1);
      await until("the one that is left takes writes", () =>
        put(stays, "after").then(
          () => true,
          () => undefined,
        ),
      );
      const { kvs } = await stays.caller.call("Range", { key: "after" });
      strictEqual(kvs.length, 1);
    }));

test("a member whose address is changed goes on at the new one, and the others find it there", () =>
  withMembers(3, async (cluster) => {
    const leader = await until("a leader", () => cluster.leader());
    const moved = cluster.members.find((member) => member !== leader)!;
    const other = cluster.members.find((member) => member !== leader && member !== moved)!;
    const { members } = await leader.caller.call("MemberList", {});
    const { ID } = members.find(({ name }) => name === moved.name)!;
    const address = { ...moved.address, peerPort: await freePort() };
    const peerURLs = [`http://${address.host}:${address.peerPort}`];
    // While it runs, and through any member.
    const { members: told } = await moved.caller.call("MemberUpdate", { ID, peerURLs });
    strictEqual(told.find((member) => member.ID === ID)?.peerURLs.join(), peerURLs.join());
    await put(moved, "still here");
    await cluster.kill(moved, "SIGTERM");
    moved.address = address;
    await cluster.restart(moved);
    // Only with it there is a majority: it is reached by others, and reaches them.
    await cluster.kill(other);
    await until("it takes part", () =>
      put(moved, "moved").then(
        () => true,
        () => undefined,
      ),
    );
    const { kvs } = await leader.caller.call("Range", { key: "moved" });
    strictEqual(kvs.length, 1);
    ok(!cluster.logOf(moved).includes("EADDRINUSE"));
  }));
