// One seed: a group lives through its faults, heals, and is looked at. The same seed is the same life, to the last event.
// Invariant: a violation names the seed, and the seed replays it.
// Called by: index.ts, `npm run sim -- --store`, tests. Next on the way: group.ts, faults.ts.

import type { MemberId } from "#raft";
import { LeasePromises } from "../checks/leases.ts";
import { Violation } from "../checks/violation.ts";
import { Client } from "./client.ts";
import { Faults } from "./faults.ts";
import { chanceOf, Group } from "./group.ts";
import { Lessee } from "./lessee.ts";
import { fastestClock, planFaults } from "./plan.ts";
import { shapeOf } from "./shape.ts";
import { Watcher } from "./watcher.ts";

export interface StoreRun {
  readonly seed: number;
  /** Undefined: every promise was kept. */
  readonly violation: string | undefined;
  readonly members: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly committed: number;
  readonly answers: number;
  readonly elections: number;
  readonly faults: number;
  /** What happened, if it was asked for. */
  readonly lines: readonly string[];
}

const troubleMs = 2500;
const healMs = 6000;
const stepMs = 100;

export async function runStore(seed: number, options: { readonly trace?: boolean } = {}): Promise<StoreRun> {
  const shape = shapeOf(chanceOf(seed, 2), chanceOf(seed, 200));
  const group = new Group(seed, shape, options.trace ?? false);
  group.log(JSON.stringify(shape));
  const plan = planFaults(chanceOf(seed, 3), [...group.members.keys()], troubleMs);
  const faults = new Faults(group, plan);
  const clients = ["x", "y", "z"].map(
    (name, at) => new Client(group, name, chanceOf(seed, 20 + at), { thinkMs: shape.thinkMs, stubborn: at > 0 }),
  );
  const watchers = ["v", "w"].map((name, at) => new Watcher(group, name, chanceOf(seed, 30 + at)));
  const lessees = lesseesOf(group, seed, shape.lessees);
  let violation: string | undefined;
  try {
    await group.agenda.run(troubleMs);
    faults.end();
    await heal(group, clients, watchers, lessees);
    for (const client of clients) client.end();
    group.history.check();
  } catch (error) {
    violation = error instanceof Violation ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const member of group.members.values()) group.log(member.toString());
    group.log(`violation: ${violation}`);
  }
  return {
    seed,
    violation,
    members: shape.voters,
    events: group.agenda.events,
    virtualMs: Math.round(group.agenda.nowMs),
    committed: group.consensus.committed,
    answers: clients.reduce((sum, client) => sum + client.answered, 0),
    elections: group.consensus.elections,
    faults: plan.length,
    lines: group.lines,
  };
}

function lesseesOf(group: Group, seed: number, count: number): readonly Lessee[] {
  const promises = new LeasePromises(fastestClock);
  group.reference.onLeaseEnd = (id) => promises.ended(id, group.agenda.nowMs);
  return Array.from({ length: count }, (_, at) => new Lessee(group, chanceOf(seed, 35 + at), promises, BigInt(1000 * (at + 1))));
}

/** Nothing is wrong any more: everybody is served, and all members come to the same state. */
async function heal(group: Group, clients: readonly Client[], watchers: readonly Watcher[], lessees: readonly Lessee[]): Promise<void> {
  const { agenda, reference } = group;
  const untilMs = agenda.nowMs + healMs;
  const before = clients.map((client) => client.answered);
  const goOn = async (what: string, done: () => boolean): Promise<void> => {
    while (!done()) {
      if (agenda.nowMs >= untilMs) throw new Violation("Progress", `${healMs} ms after the last fault ${what}`);
      await agenda.run(agenda.nowMs + stepMs);
    }
  };
  await goOn("a client is still not served", () => clients.every((client, at) => client.answered > before[at]! + 1));
  for (const client of clients) client.stopped = true;
  for (const lessee of lessees) lessee.stopped = true;
  // What was under way ends.
  await agenda.run(agenda.nowMs + 2 * stepMs);
  await goOn("a lease is still alive", () => reference.state.leases.all().next().done === true);
  await goOn("a member is still behind", () => group.current.every((id) => isLevel(group, id)));
  await goOn("a watch is still behind", () => watchers.every(({ watched }) => watched.next > reference.state.revision));
  for (const id of group.current) reference.compareStates(id, group.members.get(id)!.life!.member.store.state);
}

function isLevel(group: Group, id: MemberId): boolean {
  const leader = group.leader?.life;
  const life = group.members.get(id)?.life;
  return leader?.raft !== undefined && life?.appliedIndex === group.consensus.committed && leader.raft.lastIndex === life.appliedIndex;
}
