// All of it together: members, their network, the checks, and one agenda.
// Invariant: everything that happens follows from the seed.
// Called by: run.ts; faults.ts and client.ts act on it. Next on the way: member.ts.

import { type Prng, seededPrng } from "#lib";
import { isVoter, type MemberId, membersOf, type Message } from "#raft";
import { Consensus } from "../checks/consensus.ts";
import { History } from "../checks/history.ts";
import { Reference } from "../checks/reference.ts";
import { Agenda } from "./agenda.ts";
import { Member, type Surroundings } from "./member.ts";
import { Network } from "./network.ts";
import type { Shape } from "./shape.ts";

const snapshotMs = 15;
const reportLostMs = 400;

/** A source of chance for each part, so that one part's questions do not change another part's answers. */
export function chanceOf(seed: number, part: number): Prng {
  return seededPrng(Math.imul(seed, 0x9e3779b1) ^ Math.imul(part, 0x85ebca6b));
}

export class Group {
  readonly agenda = new Agenda();
  readonly consensus = new Consensus();
  readonly reference = new Reference();
  readonly history = new History();
  readonly network: Network;
  readonly members: ReadonlyMap<MemberId, Member>;
  readonly lines: string[] = [];
  /** Hears of every message that leaves a member. */
  onSend: (message: Message) => void = () => undefined;
  onInstall: (id: MemberId) => void = () => undefined;
  readonly #trace: boolean;

  readonly #shape: Shape;

  constructor(seed: number, shape: Shape, trace: boolean) {
    const { voters, spare } = shape;
    this.#shape = shape;
    this.#trace = trace;
    this.network = new Network(this.agenda, chanceOf(seed, 1));
    const founders = Array.from({ length: voters }, (_, at) => at + 1);
    const ids = Array.from({ length: voters + spare }, (_, at) => at + 1);
    this.members = new Map(
      ids.map((id) => [id, new Member(id, id <= voters ? founders : [], this.#surroundings(), chanceOf(seed, 10 + id))]),
    );
    for (const member of this.members.values()) member.start();
  }

  log(line: string): void {
    if (this.#trace) this.lines.push(`${this.agenda.nowMs.toFixed(1).padStart(8)} ${line}`);
  }

  /** The newest one, if several believe it. */
  get leader(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.members.values()) {
      const raft = member.life?.raft;
      if (raft?.role === "leader" && (best?.life?.raft?.term ?? -1) < raft.term) best = member;
    }
    return best;
  }

  /** The members as the leader sees them; all there are, if nobody leads. */
  get current(): readonly MemberId[] {
    const { leader } = this;
    const raft = leader?.life?.raft;
    return raft && isVoter(raft.configuration, leader.id) ? membersOf(raft.configuration) : [...this.members.keys()];
  }

  #surroundings(): Surroundings {
    const { agenda, consensus, reference } = this;
    return {
      agenda,
      consensus,
      reference,
      shape: this.#shape,
      log: (line) => this.log(line),
      send: (message) => {
        this.onSend(message);
        this.network.send(message.from, message.to, () => this.members.get(message.to)?.receive(message));
      },
      installing: (id) => this.onInstall(id),
      sendSnapshot: (message, bytes, report) => {
        const { from, to, mark } = message;
        let told = false;
        const tell = (index: number): void => {
          if (told) return;
          told = true;
          report(index);
        };
        const arrive = (): void => {
          this.members.get(to)?.receive(message, bytes);
          agenda.after(1, () => tell(mark.index));
        };
        this.network.send(from, to, arrive, snapshotMs);
        agenda.after(reportLostMs, () => tell(0));
      },
    };
  }
}
