// What goes wrong, as data: a list of faults with their times, made from the seed before anything happens.
// Invariant: carrying a plan out needs no chance; and every plan leaves the group able to heal.
// Called by: run.ts. Next on the way: group.ts.

import { type Prng, unreachable } from "#lib";
import type { MemberId, Message } from "#raft";
import { Violation } from "../checks/violation.ts";
import type { Group } from "./group.ts";

export type Fault =
  | { readonly type: "crash"; readonly members: readonly MemberId[]; readonly forMs: number }
  /** Right after it has sent the next message of that kind. */
  | { readonly type: "crashAfter"; readonly message: Message["type"]; readonly forMs: number }
  | { readonly type: "freeze"; readonly member: MemberId; readonly forMs: number }
  /** Nobody hears it and it hears nobody. Member 0: the leader of that moment. */
  | { readonly type: "isolate"; readonly member: MemberId; readonly forMs: number }
  | { readonly type: "split"; readonly side: readonly MemberId[]; readonly forMs: number }
  /** It hears, and nobody hears it; or the other way round. */
  | { readonly type: "oneWay"; readonly member: MemberId; readonly mute: boolean; readonly forMs: number }
  | { readonly type: "weather"; readonly lost: number; readonly doubled: number; readonly late: number; readonly forMs: number }
  | { readonly type: "slowDisk"; readonly member: MemberId; readonly stallMs: number; readonly forMs: number }
  | { readonly type: "clock"; readonly member: MemberId; readonly speed: number }
  | { readonly type: "configure"; readonly voters: readonly MemberId[]; readonly learners: readonly MemberId[] }
  | { readonly type: "transfer"; readonly to: MemberId };

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

type Maker = (prng: Prng, ids: readonly MemberId[]) => Fault;

const pick = (prng: Prng, ids: readonly MemberId[]): MemberId => ids[prng.between(0, ids.length - 1)]!;
const some = (prng: Prng, ids: readonly MemberId[], share: number): MemberId[] => ids.filter(() => prng.next() < share);

const makers: Readonly<Record<Fault["type"], Maker>> = {
  crash: (prng, ids) => ({
    type: "crash",
    members: prng.next() < 0.15 ? ids : prng.next() < 0.3 ? some(prng, ids, 0.5) : [pick(prng, ids)],
    forMs: prng.between(20, 700),
  }),
  crashAfter: (prng) => ({
    type: "crashAfter",
    message: (["voteReply", "voteReply", "vote", "append", "appendReply", "snapshot"] as const)[prng.between(0, 5)]!,
    forMs: prng.between(1, 60),
  }),
  freeze: (prng, ids) => ({ type: "freeze", member: pick(prng, ids), forMs: prng.between(50, 900) }),
  isolate: (prng, ids) => ({ type: "isolate", member: prng.next() < 0.6 ? 0 : pick(prng, ids), forMs: prng.between(200, 1200) }),
  split: (prng, ids) => ({ type: "split", side: some(prng, ids, 0.4), forMs: prng.between(200, 1000) }),
  oneWay: (prng, ids) => ({ type: "oneWay", member: pick(prng, ids), mute: prng.next() < 0.5, forMs: prng.between(200, 1000) }),
  weather: (prng) => ({
    type: "weather",
    lost: prng.next() * 0.25,
    doubled: prng.next() * 0.3,
    late: prng.next() * 0.3,
    forMs: prng.between(300, 1500),
  }),
  slowDisk: (prng, ids) => ({ type: "slowDisk", member: pick(prng, ids), stallMs: prng.between(30, 400), forMs: prng.between(300, 1000) }),
  clock: (prng, ids) => ({ type: "clock", member: pick(prng, ids), speed: 0.5 + 1.5 * prng.next() }),
  configure: (prng, ids) => {
    const voters = some(prng, ids, 0.65);
    return { type: "configure", voters: voters.length > 0 ? voters : [...ids], learners: some(prng, ids, 0.3) };
  },
  transfer: (prng, ids) => ({ type: "transfer", to: pick(prng, ids) }),
};

/** Each plan has a few kinds of trouble, so that rare meetings of two kinds become frequent in some seeds. */
export function planFaults(prng: Prng, ids: readonly MemberId[], durationMs: number): readonly PlannedFault[] {
  const kinds = Object.keys(makers).filter(() => prng.next() < 0.45) as Fault["type"][];
  if (kinds.length === 0) return [];
  const everyMs = prng.between(80, 500);
  const plan: PlannedFault[] = [];
  for (let atMs = prng.between(100, 600); atMs < durationMs; atMs += prng.between(20, 2 * everyMs)) {
    plan.push({ atMs, fault: makers[kinds[prng.between(0, kinds.length - 1)]!](prng, ids) });
  }
  return plan;
}

/** Messages sent before a cut may still arrive for so long. */
const echoMs = 500;

export class Faults {
  readonly #group: Group;
  #over = false;
  #cutNumber = 0;

  constructor(group: Group, plan: readonly PlannedFault[]) {
    this.#group = group;
    for (const { atMs, fault } of plan) {
      group.agenda.after(atMs, () => {
        if (this.#over) return;
        group.log(`fault ${JSON.stringify(fault)}`);
        this.#happen(fault);
      });
    }
  }

  /** All is well from now on. */
  end(): void {
    this.#over = true;
    this.#cutNumber += 1;
    this.#group.network.heal();
    for (const member of this.#group.members.values()) {
      member.start();
      member.speed = 1;
      member.freeze(0);
      Object.assign(member.diskWeather, { stallEvery: 0, stallMs: 0 });
    }
    this.#group.log("all is well");
  }

  #happen(fault: Fault): void {
    const { members, network, leader, agenda } = this.#group;
    const ids = [...members.keys()];
    switch (fault.type) {
      case "crash":
        for (const id of fault.members) members.get(id)!.crash();
        agenda.after(fault.forMs, () => {
          for (const id of fault.members) members.get(id)!.start();
        });
        return;
      case "crashAfter":
        return this.#crashAfter(fault.message, fault.forMs);
      case "freeze":
        return members.get(fault.member)!.freeze(fault.forMs);
      case "isolate": {
        const id = fault.member === 0 ? (leader?.id ?? 1) : fault.member;
        this.#cut(fault.forMs, (from, to) => from === id || to === id);
        return this.#watchTerm(id);
      }
      case "split":
        return this.#cut(fault.forMs, (from, to) => fault.side.includes(from) !== fault.side.includes(to));
      case "oneWay":
        return this.#cut(fault.forMs, (from, to) => (fault.mute ? from : to) === fault.member);
      case "weather":
        Object.assign(network.weather, { lost: fault.lost, doubled: fault.doubled, late: fault.late });
        agenda.after(fault.forMs, () => Object.assign(network.weather, { lost: 0, doubled: 0, late: 0 }));
        return;
      case "slowDisk": {
        const { diskWeather } = members.get(fault.member)!;
        Object.assign(diskWeather, { stallEvery: 3, stallMs: fault.stallMs });
        agenda.after(fault.forMs, () => Object.assign(diskWeather, { stallEvery: 0, stallMs: 0 }));
        return;
      }
      case "clock":
        members.get(fault.member)!.speed = fault.speed;
        return;
      case "configure":
        leader?.life?.step({ type: "configure", voters: fault.voters.filter((id) => ids.includes(id)), learners: fault.learners });
        return;
      case "transfer":
        leader?.life?.step({ type: "transfer", to: fault.to });
        return;
      default:
        unreachable(fault);
    }
  }

  #crashAfter(type: Message["type"], forMs: number): void {
    const group = this.#group;
    group.onSend = (message) => {
      if (message.type !== type || (message.type === "voteReply" && !message.granted)) return;
      group.onSend = () => undefined;
      const member = group.members.get(message.from)!;
      group.agenda.after(0, () => {
        if (this.#over) return;
        member.crash();
        group.agenda.after(forMs, () => member.start());
      });
    };
  }

  /** One cut at a time: the next one takes its place. */
  #cut(forMs: number, isCut: (from: MemberId, to: MemberId) => boolean): void {
    const { members, network, agenda } = this.#group;
    const number = ++this.#cutNumber;
    network.heal();
    for (const from of members.keys()) for (const to of members.keys()) if (from !== to && isCut(from, to)) network.cut(from, to);
    agenda.after(forMs, () => {
      if (this.#cutNumber !== number) return;
      this.#cutNumber += 1;
      network.heal();
    });
  }

  /** Pre-vote: who is cut off from everybody does not raise its term, however long it waits. */
  #watchTerm(id: MemberId): void {
    const { agenda, members } = this.#group;
    const number = this.#cutNumber;
    let before: number | undefined;
    const look = (): void => {
      const raft = members.get(id)!.life?.raft;
      if (this.#cutNumber !== number || !raft || raft.configuration.voters.length < 2) return;
      if (before !== undefined && raft.term > before) {
        throw new Violation("Pre-Vote", `member ${id} is cut off and went from term ${before} to ${raft.term}`);
      }
      before = raft.term;
      agenda.after(20, look);
    };
    agenda.after(echoMs, look);
  }
}
