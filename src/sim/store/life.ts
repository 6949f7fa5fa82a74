// One life of one member: from a start to a crash. It owns the state machine, the log on its disk, and the state.
// Invariant: a Ready is carried out in its order; a dead life does nothing any more, whatever still comes back to it.
// Called by: member.ts. The real parts: raft/, store/wal/, store/snapshot/, store/mvcc/. Next on the way: client.ts.

import { assert, ManualClock, type Prng, silentLog } from "#lib";
import {
  type Entry,
  type HardState,
  type Input,
  type MemberId,
  type Message,
  Raft,
  type Ready,
  type Snapshot,
  type SnapshotMark,
} from "#raft";
import {
  decodeCommand,
  DiskLog,
  encodeCommand,
  type Command,
  type MvccState,
  type Outcome,
  readNewestSnapshot,
  recoverLog,
  SimulatedDisk,
  snapshotName,
  unfinishedSuffix,
  WatchHub,
  writeSnapshot,
} from "#store/parts";
import type { Surroundings } from "./member.ts";
import type { SlowDisk } from "./slowdisk.ts";

export type WriteAnswer =
  | { readonly type: "done"; readonly outcome: Outcome }
  /** It never took place and never will. */
  | { readonly type: "refused"; readonly leader: MemberId }
  | { readonly type: "unknown" };

interface Waiter {
  readonly term: number;
  readonly reply: (answer: WriteAnswer) => void;
}

export class Life {
  readonly id: MemberId;
  readonly #around: Surroundings;
  readonly #disk: SlowDisk;
  readonly #prng: Prng;
  #raft!: Raft;
  #log!: DiskLog;
  state!: MvccState;
  hub!: WatchHub;
  started = false;
  alive = true;
  applied: SnapshotMark = { index: 0, term: 0 };
  #lastSnapshot = 0;
  /** Readies that the disk does not have yet. */
  #unsynced: { readonly ready: Ready; readonly hardState: HardState }[] = [];
  /** The newest one. A new commit alone waits for the next batch. */
  #hardState!: HardState;
  #writing = false;
  #installing = false;
  #snapshotting: AbortController | undefined;
  /** Goes on when the snapshot that is being written has ended. */
  #onSnapshotEnd: () => void = () => undefined;
  /** Bytes of snapshots that came with a message, by index. */
  readonly #arrived = new Map<number, Buffer>();
  readonly #waiters = new Map<number, Waiter>();
  readonly #reads = new Map<number, (ok: boolean) => void>();
  #readId = 0;
  /** Reads that may be answered when so much is applied. */
  #confirmed: { readonly index: number; readonly reply: (ok: boolean) => void }[] = [];

  constructor(id: MemberId, around: Surroundings, disk: SlowDisk, prng: Prng) {
    this.id = id;
    this.#around = around;
    this.#disk = disk;
    this.#prng = prng;
  }

  get raft(): Raft | undefined {
    return this.started && this.alive ? this.#raft : undefined;
  }

  async boot(voters: readonly MemberId[]): Promise<void> {
    const { consensus, shape } = this.#around;
    const { state, mark, configuration } = await readNewestSnapshot(this.#disk);
    const { hardState, entries, tail } = await recoverLog(this.#disk, silentLog(), mark);
    this.#log = await DiskLog.open(this.#disk, this.#prng, shape.segmentBytes, tail);
    this.#raft = new Raft({
      id: this.id,
      electionTicks: 10,
      hardState,
      snapshot: mark,
      entries,
      prng: this.#prng,
      limits: shape.raftLimits,
      ...(configuration ?? { voters }),
    });
    consensus.diskOf(this.id).found({ mark, entries, hardState });
    this.#replaceState(state, mark);
    this.#hardState = hardState;
    this.started = true;
    this.#around.log(`${this.id} starts with snapshot ${mark.index} and ${entries.length} entries, term ${hardState.term}`);
  }

  /** Undefined: it was taken. Else why not. */
  step(input: Input): Ready["refused"] {
    if (!this.started || !this.alive) return "not leader";
    const { consensus } = this.#around;
    const raft = this.#raft;
    const { role, term, commitIndex, configuredAt } = raft;
    const leaderSince = role === "leader" ? raft.lastIndex : undefined;
    const ready = raft.step(input);
    const stillLeads = raft.role === "leader" && raft.term === term;
    if (raft.role === "leader" && !(role === "leader" && stillLeads)) {
      this.#around.log(`${this.id} leads term ${raft.term}`);
      consensus.elected(this.id, raft.term, (index) => raft.termOf(index), this.applied.index);
    }
    const [first] = ready.entries;
    if (first) consensus.appended(this.id, ready.entries, raft.termOf(first.index - 1), stillLeads ? leaderSince : undefined);
    if (stillLeads && raft.configuredAt > configuredAt) consensus.configured(this.id, configuredAt, raft.commitIndex);
    if (stillLeads && raft.commitIndex > commitIndex) {
      consensus.committedBy(this.id, raft.commitIndex, raft.termOf(raft.commitIndex), term, raft.configuration);
    }
    this.#carryOut(ready);
    return ready.refused;
  }

  write(command: Command, reply: (answer: WriteAnswer) => void): void {
    const index = (this.raft?.lastIndex ?? 0) + 1;
    const refused = this.step({ type: "propose", data: [encodeCommand(command)] });
    if (refused) reply({ type: "refused", leader: this.raft?.leader ?? 0 });
    else if (this.applied.index < index) this.#waiters.set(index, { term: this.#raft.term, reply });
  }

  /** False: refused. True: what is applied now is new enough. */
  read(reply: (ok: boolean) => void): void {
    if (!this.started || !this.alive) return reply(false);
    this.#readId += 1;
    this.#reads.set(this.#readId, reply);
    this.step({ type: "read", id: this.#readId });
  }

  receive(message: Message, snapshot?: Buffer): void {
    if (message.type === "snapshot" && snapshot) this.#arrived.set(message.mark.index, snapshot);
    this.step({ type: "message", message });
  }

  #carryOut(ready: Ready): void {
    if (ready.hardState) this.#hardState = ready.hardState;
    if (ready.mustSync) this.#unsynced.push({ ready, hardState: this.#hardState });
    for (const message of ready.messages) {
      this.#around.consensus.diskOf(this.id).promises(message);
      this.#around.send(message);
    }
    if (ready.committed.length > 0) this.#apply(ready.committed);
    for (const snapshot of ready.snapshots) this.#around.agenda.start(() => this.#sendSnapshot(snapshot));
    for (const { id, index } of ready.reads) this.#confirm(id, index);
    if (!this.#writing && this.#unsynced.length > 0) {
      this.#writing = true;
      this.#around.agenda.start(() => this.#write());
    }
    const { agenda, shape } = this.#around;
    // While another member's snapshot is on its way to the disk, raft speaks of that one already.
    if (
      !this.#snapshotting &&
      !this.#installing &&
      !this.#unsynced.some((one) => one.ready.restore) &&
      this.applied.index - this.#lastSnapshot >= shape.snapshotAfterEntries
    ) {
      this.#snapshotting = new AbortController();
      agenda.start(() => this.#snapshot(this.#snapshotting!.signal));
    }
  }

  /** One batch at a time, until there is nothing left to write; a snapshot may be written at the same time. */
  async #write(): Promise<void> {
    while (this.#unsynced.length > 0) await this.#persist();
    this.#writing = false;
  }

  async #persist(): Promise<void> {
    // A snapshot begins a batch: what came before it must not speak of what is only in the snapshot.
    const next = this.#unsynced.findIndex(({ ready }, at) => at > 0 && ready.restore);
    const batch = this.#unsynced.splice(0, next > 0 ? next : this.#unsynced.length);
    const { restore } = batch[0]!.ready;
    const { ready, hardState } = batch.at(-1)!;
    if (restore) {
      this.#installing = true;
      this.#around.installing(this.id);
      await this.#endSnapshot();
      await this.#install(restore.mark);
      this.#installing = false;
    }
    const entries = batch.flatMap((one) => one.ready.entries);
    await this.#log.persist({ hardState, entries });
    this.#around.consensus.diskOf(this.id).wrote(entries, hardState);
    this.step({ type: "persisted", number: ready.number });
  }

  /** One of our own that is being written is worth nothing any more. */
  async #endSnapshot(): Promise<void> {
    if (!this.#snapshotting) return;
    this.#snapshotting.abort(new Error("another member's snapshot takes the place of everything"));
    await this.#around.agenda.waitFor((goOn) => {
      this.#onSnapshotEnd = goOn;
    });
    this.#onSnapshotEnd = () => undefined;
  }

  /** Another member's snapshot becomes ours: first durable under its name, then the state, then the log knows. */
  async #install(mark: SnapshotMark): Promise<void> {
    const bytes = this.#arrived.get(mark.index);
    assert(bytes, "a snapshot comes with its bytes");
    for (const index of this.#arrived.keys()) if (index <= mark.index) this.#arrived.delete(index);
    const name = snapshotName(mark.index);
    const file = await this.#disk.create(`${name}${unfinishedSuffix}`);
    await file.append(bytes, { sync: true });
    await this.#disk.rename(`${name}${unfinishedSuffix}`, name);
    await this.#disk.syncDirectory();
    const { state } = await readNewestSnapshot(new SimulatedDisk(new Map([[name, bytes]])));
    this.#replaceState(state, mark);
    this.#around.consensus.diskOf(this.id).replacedBy(mark);
    await this.#log.replacedBy(mark);
    this.#around.log(`${this.id} has installed the snapshot ${mark.term}.${mark.index}`);
  }

  #replaceState(state: MvccState, mark: SnapshotMark): void {
    for (const [index, { reply }] of this.#waiters) {
      if (index > mark.index) continue;
      this.#waiters.delete(index);
      reply({ type: "unknown" });
    }
    if (this.started) this.hub.stop(undefined);
    this.state = state;
    this.hub = new WatchHub({ state, clock: new ManualClock(), log: silentLog(), maxWatchers: 100 });
    this.applied = mark;
    this.#lastSnapshot = mark.index;
    this.#answerReads();
  }

  async #snapshot(signal: AbortSignal): Promise<void> {
    const before = this.#lastSnapshot;
    const mark = this.applied;
    this.#lastSnapshot = mark.index;
    this.#log.snapshotBegins();
    try {
      await this.#writeSnapshot(this.#disk, mark, signal);
      signal.throwIfAborted();
      await this.#log.snapshotDone(mark);
      if (before > 0) await this.#disk.remove(snapshotName(before));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    this.#snapshotting = undefined;
    this.#onSnapshotEnd();
  }

  #writeSnapshot(disk: SlowDisk | SimulatedDisk, mark: SnapshotMark, signal: AbortSignal): Promise<void> {
    const salt = Buffer.from(this.#prng.bytes(4)).readUInt32LE();
    const configuration = this.#raft.configurationAt(mark.index);
    return writeSnapshot({ disk, clock: new ManualClock(), state: this.state, mark, configuration, salt, signal });
  }

  async #sendSnapshot(message: Snapshot): Promise<void> {
    assert(message.mark.index === this.applied.index, "a snapshot is sent as the state stands");
    const disk = new SimulatedDisk();
    await this.#writeSnapshot(disk, message.mark, new AbortController().signal);
    const bytes = disk.files().get(snapshotName(message.mark.index))!;
    this.#around.sendSnapshot(message, bytes, (index) => this.step({ type: "snapshotReported", to: message.to, index }));
  }

  #apply(entries: readonly Entry[]): void {
    const { consensus, reference } = this.#around;
    for (const entry of entries) {
      assert(entry.index === this.applied.index + 1, "entries are applied in order, once");
      const isFirst = consensus.applied(this.id, entry);
      if (isFirst) reference.apply(entry);
      const outcome = entry.type === "command" ? this.state.apply(decodeCommand(entry.data)) : undefined;
      reference.compare(this.id, entry, outcome);
      this.applied = { index: entry.index, term: entry.term };
      const waiter = this.#waiters.get(entry.index);
      if (!waiter) continue;
      this.#waiters.delete(entry.index);
      // Another leader's entry took the place of ours.
      if (waiter.term !== entry.term) waiter.reply({ type: "refused", leader: this.#raft.leader });
      else waiter.reply({ type: "done", outcome: outcome! });
    }
    this.hub.pump();
    if (this.state.history.first < this.state.compactRevision) this.state.prune(1000);
    this.#answerReads();
  }

  #confirm(id: number, index: number | undefined): void {
    const reply = this.#reads.get(id);
    this.#reads.delete(id);
    if (!reply) return;
    if (index === undefined) reply(false);
    else {
      this.#confirmed.push({ index, reply });
      this.#answerReads();
    }
  }

  #answerReads(): void {
    if (this.#confirmed.length === 0) return;
    const due = this.#confirmed.filter(({ index }) => index <= this.applied.index);
    this.#confirmed = this.#confirmed.filter(({ index }) => index > this.applied.index);
    for (const { reply } of due) reply(true);
  }
}
