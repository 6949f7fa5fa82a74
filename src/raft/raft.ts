// Consensus as a pure state machine: one input in, one `Ready` out. No I/O, no clock, no await.
// Invariant: a member votes once a term, a leader only appends, and what is committed is on the disks of a majority.
// Called by: store/replica.ts and sim/store/, which persist a Ready, report `persisted`, send, and apply what is committed. See Raft §5.
// One voter is the smallest case of the same code: it campaigns, hears its own vote, appends, hears its own disk.

import { unreachable } from "#lib";
import type { Configuration } from "./configuration.ts";
import type { Input, RaftOptions, Ready, Refusal } from "./contract.ts";
import { campaign } from "./election.ts";
import type { HardState, MemberId } from "./entry.ts";
import { none, RaftLog } from "./log.ts";
import { configure, settleMembership } from "./membership.ts";
import type { Message, Snapshot } from "./message.ts";
import { read, startEarlyReads } from "./readindex.ts";
import { receive } from "./receive.ts";
import * as replication from "./replication.ts";
import { type Core, hardStateOf, newCore, type Role } from "./state.ts";
import { transfer } from "./transfer.ts";

export class Raft {
  readonly #core: Core;
  #lastReported: HardState;
  #number = 0;
  /** Messages that wait for the disk to have batch `number`. */
  #held: { readonly number: number; readonly messages: readonly Message[] }[] = [];
  #durableNumber = 0;

  constructor(options: RaftOptions) {
    const { id, electionTicks, hardState, snapshot, entries, prng } = options;
    const log = new RaftLog({ snapshot, configuration: options, entries });
    log.commitTo(Math.min(hardState.commit, log.lastIndex));
    this.#core = newCore(id, log, hardState, { ...options.limits, electionTicks }, prng);
    this.#lastReported = hardStateOf(this.#core);
  }

  get role(): Role {
    return this.#core.role;
  }

  get term(): number {
    return this.#core.term;
  }

  /** Who takes proposals; 0 if we do not know. */
  get leader(): MemberId {
    return this.#core.leader;
  }

  get configuration(): Configuration {
    return this.#core.log.configuration;
  }

  /** Where in the log it stands. */
  get configuredAt(): number {
    return this.#core.log.configuredAt;
  }

  /** As it was when `index` was the newest entry. */
  configurationAt(index: number): Configuration {
    return this.#core.log.configurationAt(index);
  }

  get lastIndex(): number {
    return this.#core.log.lastIndex;
  }

  get commitIndex(): number {
    return this.#core.log.committed;
  }

  /** Undefined for what has left memory and for what is not there yet. */
  termOf(index: number): number | undefined {
    return this.#core.log.termOf(index);
  }

  /** How far the others are, as a leader knows it. */
  progressOf(id: MemberId): { readonly match: number; readonly mode: string } | undefined {
    return this.#core.progress.get(id);
  }

  step(input: Input): Ready {
    const before = this.#core.log.committed;
    const refused = this.#take(input);
    if (this.#core.log.committed > before) {
      startEarlyReads(this.#core);
      settleMembership(this.#core);
    }
    return this.#ready(refused);
  }

  #take(input: Input): Refusal | undefined {
    const core = this.#core;
    switch (input.type) {
      case "tick":
        return this.#tick();
      case "campaign":
        campaign(core, false);
        return undefined;
      case "propose":
        return this.#propose(input.data);
      case "persisted":
        return this.#persisted(input.number);
      case "message":
        receive(core, input.message);
        return undefined;
      case "read":
        read(core, core.id, input.id);
        return undefined;
      case "configure":
        return configure(core, input);
      case "transfer":
        transfer(core, input.to);
        return undefined;
      case "snapshotReported":
        core.progress.get(input.to)?.snapshotReported(input.index);
        return undefined;
      default:
        return unreachable(input);
    }
  }

  #tick(): undefined {
    const core = this.#core;
    core.elapsedTicks += 1;
    if (core.role !== "leader") {
      if (core.elapsedTicks >= core.timeoutTicks) campaign(core, false);
      return;
    }
    if (core.elapsedTicks >= core.limits.electionTicks) {
      core.elapsedTicks = 0;
      replication.checkQuorum(core);
    }
    core.heartbeatTicks += 1;
    if (core.role === "leader" && core.heartbeatTicks >= core.limits.heartbeatTicks) replication.broadcastHeartbeat(core);
  }

  #propose(data: readonly Uint8Array[]): Refusal | undefined {
    const core = this.#core;
    if (core.role !== "leader") return "not leader";
    if (core.transferTo !== 0) return "leadership is being handed over";
    // At least one batch is always on its way, however large it is.
    if (core.log.uncommittedBytes > core.limits.maxUncommittedBytes) return "too much is uncommitted";
    replication.append(core, "command", data);
    return undefined;
  }

  /** Our own disk is the first of our peers. */
  #persisted(number: number): undefined {
    const core = this.#core;
    core.log.persisted(number);
    this.#durableNumber = Math.max(this.#durableNumber, number);
    while (this.#held.length > 0 && this.#held[0]!.number <= number) {
      for (const message of this.#held.shift()!.messages) this.#post(message);
    }
    if (core.role === "leader") replication.advanceCommit(core);
  }

  #post(message: Message): void {
    if (message.to === this.#core.id) receive(this.#core, message);
    else this.#core.messages.push(message);
  }

  #ready(refused: Refusal | undefined): Ready {
    const core = this.#core;
    const { log, restore } = core;
    const last = this.#lastReported;
    const voteChanged = core.term !== last.term || core.vote !== last.vote;
    const mustSync = voteChanged || log.hasUnpersisted || restore !== undefined;
    if (mustSync) this.#number += 1;
    const entries = mustSync ? log.takeUnpersisted(this.#number) : none;
    this.#holdPromises();
    const keep = log.members === 1 ? 0 : core.limits.keepEntries;
    const committed = log.takeCommitted(keep);
    const changed = voteChanged || log.committed !== last.commit;
    if (changed) this.#lastReported = hardStateOf(core);
    const ready: { -readonly [Field in keyof Ready]: Ready[Field] } = {
      number: this.#number,
      entries,
      mustSync,
      messages: core.messages,
      committed,
      snapshots: core.offers.length > 0 ? core.offers.map((to) => this.#snapshotFor(to)) : none,
      reads: core.answers,
    };
    if (changed) ready.hardState = this.#lastReported;
    if (restore) ready.restore = restore;
    if (refused) ready.refused = refused;
    if (core.messages.length > 0) core.messages = [];
    if (core.answers.length > 0) core.answers = [];
    if (core.offers.length > 0) core.offers = [];
    core.restore = undefined;
    return ready;
  }

  #holdPromises(): void {
    const core = this.#core;
    if (core.promises.length === 0) return;
    if (this.#number > this.#durableNumber) this.#held.push({ number: this.#number, messages: core.promises });
    else core.messages.push(...core.promises);
    core.promises = [];
  }

  #snapshotFor(to: MemberId): Snapshot {
    const { id, term, log } = this.#core;
    const mark = log.markAt(log.applied)!;
    return { type: "snapshot", from: id, to, term, mark, configuration: log.configurationAt(mark.index) };
  }
}
