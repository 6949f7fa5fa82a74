// Carries a plan of faults out: crashes, cuts, bad weather, slow clocks and disks, changes of members; and then heals.
// Invariant: needs no chance of its own; after `end` nothing is wrong with anything any more.
// Called by: run.ts. Next on the way: group.ts.

import { unreachable } from "#lib";
import type { MemberId, Message } from "#raft";
import { revision, type StoreMember } from "#store/parts";
import { Violation } from "../checks/violation.ts";
import type { Group } from "./group.ts";
import type { Fault, PlannedFault } from "./plan.ts";
import { recordOf } from "./record.ts";

/** Messages sent before a cut may still arrive for so long. */
const echoMs = 500;

export class Faults {
  readonly #group: Group;
  #over = false;
  #cutNumber = 0;
  #floods = 0;
  /** One change of the list at a time, as operators do it: two could take the last two away. */
  #changing = false;

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
      if (!this.#group.isGone(member.id)) member.start();
      member.drift.speed = 1;
      member.freeze(0);
      Object.assign(member.diskWeather, { stallEvery: 0, stallMs: 0 });
    }
    this.#group.log("all is well");
  }

  #happen(fault: Fault): void {
    const { members, network, leader, agenda } = this.#group;
    switch (fault.type) {
      case "crash":
        for (const id of fault.members) members.get(id)!.crash();
        agenda.after(fault.forMs, () => {
          for (const id of fault.members) if (!this.#group.isGone(id)) members.get(id)!.start();
        });
        return;
      case "crashAfter":
        return this.#crashAfter(fault.message, fault.forMs);
      case "crashInstalling":
        this.#group.onInstall = (id) => {
          this.#group.onInstall = () => undefined;
          agenda.after(fault.delayMs, () => this.#crash(id, fault.forMs));
        };
        return;
      case "freeze":
        return members.get(fault.member)!.freeze(fault.forMs);
      case "isolate":
        return this.#isolate(fault.member === 0 ? (leader?.id ?? 1) : fault.member, fault.forMs);
      case "deposed":
        if (!leader) return;
        leader.drift.speed = fault.speed;
        agenda.after(fault.forMs, () => (leader.drift.speed = 1));
        return this.#isolate(leader.id, fault.forMs);
      case "flood":
        return this.#flood(fault);
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
        members.get(fault.member)!.drift.speed = fault.speed;
        return;
      case "members":
        return this.#changeMembers(fault);
      case "transfer":
        leader?.life?.member.group.moveLeader(recordOf(fault.to)).catch(() => undefined);
        return;
      default:
        unreachable(fault);
    }
  }

  #isolate(id: MemberId, forMs: number): void {
    this.#cut(forMs, (from, to) => from === id || to === id);
    this.#watchTerm(id);
  }

  #flood({ writes, bytes, stranded, forMs }: Extract<Fault, { readonly type: "flood" }>): void {
    const { leader } = this.#group;
    if (!leader) return;
    if (stranded) this.#isolate(leader.id, forMs);
    for (let count = 0; count < writes; count++) {
      this.#floods += 1;
      const value = Buffer.alloc(bytes, `${this.#floods} `);
      leader.life!.write({ type: "put", key: `/flood/${this.#floods}`, expect: revision(0), value }, () => undefined);
    }
  }

  /** As an operator would: through whoever leads, who writes it into the log. */
  #changeMembers({ change, pick }: Extract<Fault, { readonly type: "members" }>): void {
    const { leader, reference } = this.#group;
    const cluster = leader?.life?.member.group;
    const table = reference.state.members;
    if (!cluster || !table.founded || this.#changing) return;
    const say = (said: Promise<unknown>): void => {
      this.#changing = true;
      const over = (): void => {
        this.#changing = false;
      };
      said.then(over, over);
    };
    if (change === "add" || change === "learn") {
      const { id, peerUrls } = recordOf(table.record().lastNumber + 1);
      return say(cluster.change({ change: "add", id, peerUrls, learner: change === "learn" }));
    }
    const learners = table.all.filter(({ learner }) => learner);
    const among = change === "promote" ? learners : table.all;
    const record = among[Math.floor(pick * among.length)];
    if (!record) return;
    if (change === "promote") say(cluster.promote(record));
    else if (table.all.length - learners.length > 1 || record.learner) say(this.#remove(cluster, record));
  }

  /** The answer is a promise: from then on nobody needs its word. */
  async #remove(cluster: StoreMember["group"], { id, number }: { readonly id: string; readonly number: MemberId }): Promise<void> {
    const { type } = await cluster.change({ change: "remove", id });
    if (type === "done") this.#group.switchOff(number);
  }

  #crashAfter(type: Message["type"], forMs: number): void {
    const group = this.#group;
    group.onSend = (message) => {
      if (message.type !== type || (message.type === "voteReply" && !message.granted)) return;
      group.onSend = () => undefined;
      group.agenda.after(0, () => this.#crash(message.from, forMs));
    };
  }

  #crash(id: MemberId, forMs: number): void {
    if (this.#over) return;
    const member = this.#group.members.get(id)!;
    member.crash();
    this.#group.agenda.after(forMs, () => {
      if (!this.#group.isGone(id)) member.start();
    });
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
    const { agenda, members, network } = this.#group;
    const number = this.#cutNumber;
    let before: number | undefined;
    const look = (): void => {
      const raft = members.get(id)!.life?.raft;
      if (this.#cutNumber !== number || !raft || raft.configuration.voters.length < 2) return;
      // Who was added since is on this side of the cut, and may be all it needs.
      if ([...members.keys()].some((other) => other !== id && !network.isCut(id, other))) return;
      // Who stood still hears now what was said before.
      if (members.get(id)!.drift.frozenUntilMs + echoMs > agenda.nowMs) before = undefined;
      else if (before !== undefined && raft.term > before) {
        throw new Violation("Pre-Vote", `member ${id} is cut off and went from term ${before} to ${raft.term}`);
      } else before = raft.term;
      agenda.after(20, look);
    };
    agenda.after(echoMs, look);
  }
}
