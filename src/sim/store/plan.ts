// What goes wrong, as data: a list of faults with their times, made from the seed before anything happens.
// Invariant: follows from the seed alone, and every plan leaves the group able to heal.
// Called by: run.ts. Next on the way: faults.ts, which carries it out.

import type { Prng } from "#lib";
import type { MemberId, Message } from "#raft";

export type Fault =
  | { readonly type: "crash"; readonly members: readonly MemberId[]; readonly forMs: number }
  /** Right after it has sent the next message of that kind. */
  | { readonly type: "crashAfter"; readonly message: Message["type"]; readonly forMs: number }
  /** So long after it has begun to install a snapshot. */
  | { readonly type: "crashInstalling"; readonly delayMs: number; readonly forMs: number }
  | { readonly type: "freeze"; readonly member: MemberId; readonly forMs: number }
  /** Nobody hears it and it hears nobody. Member 0: the leader of that moment. */
  | { readonly type: "isolate"; readonly member: MemberId; readonly forMs: number }
  | { readonly type: "split"; readonly side: readonly MemberId[]; readonly forMs: number }
  /** It hears, and nobody hears it; or the other way round. */
  | { readonly type: "oneWay"; readonly member: MemberId; readonly mute: boolean; readonly forMs: number }
  | { readonly type: "weather"; readonly lost: number; readonly doubled: number; readonly late: number; readonly forMs: number }
  | { readonly type: "slowDisk"; readonly member: MemberId; readonly stallMs: number; readonly forMs: number }
  | { readonly type: "clock"; readonly member: MemberId; readonly speed: number }
  /** `pick`, 0 to 1: which of those that there are by then. */
  | { readonly type: "members"; readonly change: "add" | "learn" | "promote" | "remove"; readonly pick: number }
  | { readonly type: "transfer"; readonly to: MemberId }
  /** The leader of that moment is cut off, and its clock nearly stands: for a long time it does not know. */
  | { readonly type: "deposed"; readonly speed: number; readonly forMs: number }
  /** So many writes at once, of so many bytes. `stranded`: to a leader that is cut off, so that it has a long tail of its own. */
  | { readonly type: "flood"; readonly writes: number; readonly bytes: number; readonly stranded: boolean; readonly forMs: number };

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

/** In place of 1. */
export const fastestClock = 2;

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
  crashInstalling: (prng) => ({ type: "crashInstalling", delayMs: 16 * prng.next(), forMs: prng.between(1, 60) }),
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
  clock: (prng, ids) => ({ type: "clock", member: pick(prng, ids), speed: 0.5 + (fastestClock - 0.5) * prng.next() }),
  members: (prng) => ({
    type: "members",
    change: (["add", "learn", "promote", "remove", "remove"] as const)[prng.between(0, 4)]!,
    pick: prng.next(),
  }),
  transfer: (prng, ids) => ({ type: "transfer", to: pick(prng, ids) }),
  deposed: (prng) => ({ type: "deposed", speed: 0.05 + 0.2 * prng.next(), forMs: prng.between(400, 1300) }),
  flood: (prng) => ({
    type: "flood",
    writes: prng.next() < 0.3 ? prng.between(50, 150) : prng.between(3, 40),
    bytes: prng.next() < 0.5 ? 5 : prng.between(5, 1500),
    stranded: prng.next() < 0.6,
    forMs: prng.between(200, 1000),
  }),
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
