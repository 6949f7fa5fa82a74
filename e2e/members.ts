// Members of a store under trouble by chance, for as long as you like: `sh bin/node e2e/members.ts --minutes 5 [--seed N] [--members 5]`.
// Invariant: never more than a minority is in trouble at once; at the end everything acknowledged is on every member, and all are equal.
// Called by: hand, as root (network namespaces). Next on the way: members/load.ts.

import { parseArgs } from "node:util";
import { seededPrng } from "#lib";
import { sleep, TestCluster, type TestMember, until } from "./members/cluster.ts";
import { Load } from "./members/load.ts";
import { namespaces } from "./members/place.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    members: { type: "string", default: "3" },
  },
});
const count = Number(flags.members);
const prng = seededPrng(Number(flags.seed));
const oneOf = <Item>(items: readonly Item[]): Item => items[prng.between(0, items.length - 1)]!;

const cluster = new TestCluster(namespaces(count + 40), ["--experimental-snapshot-catchup-entries", "200", "--snapshot-count", "2000"]);

const troubles: Readonly<Record<string, (member: TestMember) => Promise<void>>> = {
  async kill(member) {
    await cluster.kill(member);
    await sleep(prng.between(0, 4000));
    cluster.start(member, "new", cluster.members);
  },
  async pause(member) {
    cluster.pause(member);
    await sleep(prng.between(200, 5000));
    cluster.resume(member);
  },
  async cut(member) {
    const others = cluster.members.filter((one) => one !== member);
    cluster.place.cut!(
      member.at,
      others.map(({ at }) => at),
    );
    await sleep(prng.between(200, 6000));
    cluster.place.heal!();
  },
  async replace(member) {
    await cluster.replace(member, prng.between(0, 1) === 0);
  },
};

async function once(load: Load, counted: Map<string, number[]>): Promise<void> {
  const leader = await until("a leader", () => cluster.leader());
  const victim = prng.between(0, 1) === 0 ? leader : oneOf(cluster.members);
  const name = oneOf(Object.keys(troubles));
  const sinceMs = performance.now();
  const over = troubles[name]!(victim);
  const servedMs = await load.servedAfter(sinceMs);
  await over;
  await cluster.level();
  const kind = `${name} ${victim === leader ? "the leader" : "a follower"}`;
  counted.set(kind, [...(counted.get(kind) ?? []), servedMs]);
}

try {
  await cluster.found(count);
  const load = new Load(cluster, 4, 2, "/load/");
  const counted = new Map<string, number[]>();
  for (const untilMs = performance.now() + Number(flags.minutes) * 60_000; performance.now() < untilMs; ) await once(load, counted);
  const { acknowledged, reads, unknown } = await load.stop();
  await cluster.level();
  await load.check();
  for (const [kind, times] of [...counted].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const sorted = times.toSorted((a, b) => a - b).map(Math.round);
    console.log(
      `${kind}: ${sorted.length} times; writes served again after ${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms at most`,
    );
  }
  console.log(
    `seed ${flags.seed}: ${acknowledged} writes acknowledged, ${reads} linearizable reads, ${unknown} writes with unknown end: nothing lost, nothing stale`,
  );
} finally {
  await cluster.close();
}
