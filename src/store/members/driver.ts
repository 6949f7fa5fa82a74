// Drives raft for a member of a cluster: ticks, messages, one batch on its way to the disk, what is committed to the applier.
// Invariant: a Ready is carried out in its order; what promises something leaves when the disk has it (raft holds it back until `persisted`).
// Called by: store.ts as its Driver, members/open.ts with what comes from others. Next on the way: proposals.ts, reads.ts, applier.ts.

import type { Timer } from "#lib";
import type { HardState, Input, MemberId, Message, Raft, Ready, Restore, Snapshot, SnapshotMark } from "#raft";
import type { Driver, DriverParts } from "../driver.ts";
import { storeError } from "../errors.ts";
import type { Outcome } from "../mvcc/state.ts";
import { PeerUnreachable } from "../peers/link.ts";
import { Applier } from "./applier.ts";
import { decodeCommands, encodeCommands, type Network, requests } from "./network.ts";
import { type Proposal, Proposals } from "./proposals.ts";
import { Reads } from "./reads.ts";

export interface MemberDriverOptions extends DriverParts {
  readonly raft: Raft;
  readonly number: MemberId;
  readonly snapshot: SnapshotMark;
  readonly network: Network;
  readonly heartbeatMs: number;
  /** How long a request waits for a leader, or for its outcome. */
  readonly timeoutMs: number;
  readonly firstProposalId: number;
  /** The snapshot that came becomes the state: resolves when disk and state have it. */
  readonly install: (mark: SnapshotMark) => Promise<void>;
  /** The next batch is one entry, and nothing else was asked of us meanwhile. */
  readonly alone: () => void;
  /** Begins at once, with the state as it stands; true when the other member has it. */
  readonly sendSnapshot: (snapshot: Snapshot) => Promise<boolean>;
  /** The leader, our role or the members may be others than before. */
  readonly changed: () => void;
  readonly ticked: () => void;
}

export class MemberDriver implements Driver {
  readonly #options: MemberDriverOptions;
  readonly #raft: Raft;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #applier: Applier;
  /** Not with the disk yet. */
  #unsynced: Ready[] = [];
  #hardState: HardState | undefined;
  #writing: Promise<void> | undefined;
  #flushing = false;
  /** What was asked of us since the last batch; who had to wait for the disk counts twice. */
  #asked = 0;
  #timer: Timer | undefined;
  #stopped = false;
  #leader: MemberId = 0;
  #leads = false;
  readonly #started = Promise.withResolvers<undefined>();

  constructor(options: MemberDriverOptions) {
    const { raft, clock, snapshot, number, timeoutMs, firstProposalId, apply, applied } = options;
    this.#options = options;
    this.#raft = raft;
    this.#proposals = new Proposals(number, firstProposalId, options);
    this.#reads = new Reads((id) => this.#step({ type: "read", id }), timeoutMs);
    this.#applier = new Applier(
      {
        clock,
        apply: (entry) => {
          const outcome = apply(entry);
          // A leader's own first entry: all that earlier leaders have committed is applied now.
          if (entry.type === "empty" && entry.term === raft.term && this.isLeader) this.#lead(true);
          return outcome;
        },
        outcome: (entry, forwarded, outcome) => this.#proposals.applied(entry, forwarded, outcome),
        applied: () => {
          this.#reads.applied(this.appliedIndex);
          applied();
        },
        snapshot: (one) => void this.#sendSnapshot(one),
        idle: () => this.#calm(),
        failed: (error) => this.#fail(error),
      },
      snapshot,
    );
  }

  get appliedIndex(): number {
    return this.#applier.at.index;
  }

  get appliedTerm(): number {
    return this.#applier.at.term;
  }

  get term(): number {
    return this.#raft.term;
  }

  get lastIndex(): number {
    return this.#raft.lastIndex;
  }

  get raft(): Raft {
    return this.#raft;
  }

  get leader(): MemberId {
    return this.#raft.leader;
  }

  get isLeader(): boolean {
    return this.#raft.role === "leader";
  }

  /** It needs nobody's word: no ticks, no questions. */
  get #alone(): boolean {
    const { voters, outgoing, learners } = this.#raft.configuration;
    return voters.length === 1 && voters[0] === this.#options.number && !outgoing && !learners;
  }

  async start(): Promise<void> {
    // Whoever makes the store has to hold it before anything is applied.
    await Promise.resolve();
    this.#step({ type: this.#alone ? "campaign" : "tick" });
    this.#calm();
    await this.#started.promise;
  }

  propose(data: Uint8Array, signal?: AbortSignal): Promise<Outcome> {
    if (this.#stopped) return Promise.reject(storeError.stopped());
    this.#asked += this.#writing ? 2 : 1;
    const outcome = this.#proposals.add(data, this.#nowMs(), signal);
    this.#flushSoon();
    return outcome;
  }

  linearizable(): Promise<void> | undefined {
    if (this.#stopped) return Promise.reject(storeError.stopped());
    this.#asked += 1;
    return this.#alone && this.isLeader ? undefined : this.#reads.read(this.#nowMs());
  }

  receive(message: Message): void {
    this.#step({ type: "message", message });
  }

  /** Its bytes have arrived. True: raft wants it, and `install` follows. */
  receiveSnapshot(message: Snapshot): boolean {
    if (this.#stopped) return false;
    const ready = this.#raft.step({ type: "message", message });
    this.#carryOut(ready);
    return ready.restore !== undefined;
  }

  /** Of another member. False: not here. */
  takeForwarded(body: Buffer): boolean {
    if (this.#stopped || !this.isLeader) return false;
    const taken = this.#proposals.addForwarded(decodeCommands(body), this.#nowMs());
    this.#flushSoon();
    return taken;
  }

  configure(voters: readonly MemberId[], learners: readonly MemberId[]): Ready["refused"] {
    return this.#step({ type: "configure", voters, learners });
  }

  transfer(to: MemberId): void {
    this.#step({ type: "transfer", to });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#proposals.refusePending();
    while (this.#writing) await this.#writing;
    await this.#applier.settled();
    this.#proposals.end();
    this.#reads.end();
    this.#started.resolve(undefined);
    await this.#options.storage.close();
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #step(input: Input): Ready["refused"] {
    if (this.#stopped && input.type !== "persisted") return "not leader";
    const ready = this.#raft.step(input);
    this.#carryOut(ready);
    return ready.refused;
  }

  #carryOut(ready: Ready): void {
    if (ready.hardState) this.#hardState = ready.hardState;
    if (ready.mustSync) this.#unsynced.push(ready);
    for (const message of ready.messages) this.#options.network.send(message);
    if (ready.committed.length > 0 || ready.snapshots.length > 0) this.#applier.push(ready.committed, ready.snapshots);
    for (const { id, index } of ready.reads) this.#reads.answered(id, index, this.appliedIndex, this.#nowMs());
    if (this.#unsynced.length > 0) this.#writing ??= this.#write();
    this.#noticeChange();
    // Who has just been left alone still follows somebody who has gone: its own time must run until it leads.
    if (!this.#timer && !this.#stopped && !(this.#alone && this.isLeader)) this.#armTick();
  }

  async #write(): Promise<void> {
    try {
      // A turn's Readies share a batch.
      await Promise.resolve();
      for (let first = true; this.#unsynced.length > 0; first = false) await this.#writeOne(first);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#writing = undefined;
    }
    this.#calm();
  }

  /** `first`: it has not waited for another. */
  async #writeOne(first: boolean): Promise<void> {
    const next = this.#unsynced.findIndex((ready, at) => at > 0 && ready.restore);
    const batch = this.#unsynced.splice(0, next > 0 ? next : this.#unsynced.length);
    // The newest may speak of what is only in the snapshot that comes next: a log that ends before its own commit would not be read again.
    const hardState = next > 0 ? batch.findLast((ready) => ready.hardState)?.hardState : this.#hardState;
    if (next <= 0) this.#hardState = undefined;
    const { restore } = batch[0]!;
    if (restore) await this.#install(restore);
    const entries = batch.length === 1 ? batch[0]!.entries : batch.flatMap((ready) => ready.entries);
    if (first && entries.length === 1 && this.#asked <= 1) this.#options.alone();
    this.#asked = 0;
    await this.#options.storage.persist({ ...(hardState ? { hardState } : {}), entries });
    this.#step({ type: "persisted", number: batch.at(-1)!.number });
  }

  async #install({ mark }: Restore): Promise<void> {
    await this.#applier.settled();
    await this.#options.install(mark);
    this.#applier.at = mark;
    this.#proposals.replaced(mark.index);
    this.#reads.applied(mark.index);
    this.#options.applied();
    this.#options.changed();
  }

  async #sendSnapshot(snapshot: Snapshot): Promise<void> {
    const delivered = await this.#options.sendSnapshot(snapshot).catch(() => false);
    this.#step({ type: "snapshotReported", to: snapshot.to, index: delivered ? snapshot.mark.index : 0 });
  }

  #noticeChange(): void {
    const { leader } = this.#raft;
    if (this.#leads && !this.isLeader) this.#lead(false);
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#options.changed();
    if (leader === 0) return;
    this.#flushSoon();
    queueMicrotask(() => this.#reads.next(this.#nowMs()));
  }

  #lead(leads: boolean): void {
    this.#leads = leads;
    this.#options.leads(leads);
  }

  /** Nothing is being written or applied. */
  #calm(): void {
    if (this.#writing || !this.#applier.idle) return;
    if (!this.#alone || this.isLeader) this.#started.resolve(undefined);
    this.#flush();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // A microtask, so that all who write in this turn share one batch.
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#stopped || !this.#proposals.waiting) return;
    if (this.isLeader) {
      // Who comes while the disk works goes into the next batch.
      if (!this.#writing && this.#applier.idle) this.#append(this.#proposals.takeBatch());
    } else if (this.leader !== 0) this.#forward(this.leader, this.#proposals.takeBatch());
  }

  #append(batch: readonly Proposal[]): void {
    if (batch.length === 0) return;
    const first = this.#raft.lastIndex + 1;
    this.#proposals.appended(batch, first, this.#raft.term);
    const refused = this.#step({ type: "propose", data: batch.map(({ data }) => data) });
    if (!refused) return;
    this.#proposals.refused(batch, first);
    if (refused === "too much is uncommitted") for (const { waiter } of batch) waiter?.reject(storeError.tooManyRequests());
    // Until there is another leader, or the next tick.
    else this.#proposals.putBack(batch);
  }

  #forward(leader: MemberId, batch: readonly Proposal[]): void {
    if (batch.length === 0) return;
    const { commands, ids } = this.#proposals.forward(batch);
    this.#options.network.request(leader, requests.propose, encodeCommands(commands)).catch((error: unknown) => {
      // What may have arrived may take place: its outcome comes with the log, or nobody can say.
      if (!(error instanceof PeerUnreachable && error.sent)) this.#proposals.forwardRefused(ids);
    });
    // A batch is bounded; there may be more.
    if (this.#proposals.waiting) this.#flushSoon();
  }

  #armTick(): void {
    this.#timer = this.#options.clock.after(this.#options.heartbeatMs, () => {
      this.#timer = undefined;
      if (this.#stopped) return;
      const nowMs = this.#nowMs();
      this.#step({ type: "tick" });
      this.#proposals.sweep(nowMs);
      this.#reads.tick(nowMs);
      this.#flush();
      this.#options.ticked();
    });
  }

  #fail(error: Error): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    this.#proposals.end();
    this.#reads.end();
    this.#started.resolve(undefined);
    this.#options.failed(error);
  }
}
