// One life of one member, from a start to a crash: the store's own member on a simulated disk, network and clock.
// Invariant: a dead life does nothing any more, whatever still comes back to it.
// Called by: member.ts. Next on the way: observer.ts, store/members/open.ts.

import { type Prng, silentLog } from "#lib";
import type { MemberId, Raft } from "#raft";
import {
  type Command,
  type LeaseId,
  openMember,
  type Outcome,
  type PeersOptions,
  type StoreError,
  type StoreMember,
  type StoreWatch,
  type WatchRequest,
  type WatchSink,
} from "#store/parts";
import { type Drift, MemberClock } from "./memberclock.ts";
import { type Had, Observer } from "./observer.ts";
import { SimPeers } from "./peers.ts";
import { urlsOf } from "./record.ts";
import type { Surroundings } from "./member.ts";
import type { SlowDisk } from "./slowdisk.ts";

export const tickMs = 20;
export const electionMs = 200;

export type WriteAnswer =
  | { readonly type: "done"; readonly outcome: Outcome }
  /** It never took place and never will. */
  | { readonly type: "refused" }
  | { readonly type: "unknown" };

export interface LifeOptions {
  readonly id: MemberId;
  readonly around: Surroundings;
  readonly disk: SlowDisk;
  readonly drift: Drift;
  readonly prng: Prng;
}

export class Life {
  readonly #options: LifeOptions;
  alive = true;
  #raft: Raft | undefined;
  #member: StoreMember | undefined;
  /** Where others reach it; undefined until it listens. */
  peers: PeersOptions | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#open().catch((error: unknown) => {
      if (this.alive) options.around.agenda.fail(error);
    });
  }

  get started(): boolean {
    return this.alive && this.#member !== undefined;
  }

  /** Undefined while it does not live, or reads its disk. */
  get raft(): Raft | undefined {
    return this.started ? this.#raft : undefined;
  }

  get member(): StoreMember {
    return this.#member!;
  }

  get appliedIndex(): number {
    return this.started ? this.member.store.applied.index : 0;
  }

  async #open(): Promise<void> {
    const { id, around, disk, drift, prng } = this.#options;
    const { shape, agenda } = around;
    this.#member = await openMember({
      directory: "",
      disk,
      flags: {
        name: `m${id}`,
        peerUrls: urlsOf(id),
        clientUrls: urlsOf(id),
        initialCluster: [],
        initialClusterState: "new",
        initialClusterToken: "",
      },
      listenPeerUrls: [],
      heartbeatMs: tickMs,
      electionMs,
      snapshotEntries: shape.snapshotAfterEntries,
      keepEntries: shape.keepEntries,
      raftLimits: shape.raftLimits,
      limits: { segmentBytes: shape.segmentBytes },
      clock: new MemberClock(agenda, drift, () => this.alive),
      prng,
      log: silentLog(),
      failed: (error) => {
        if (this.alive) agenda.fail(error);
      },
      connect: (options) => {
        this.peers = options;
        return new SimPeers(around.peers, id);
      },
      observe: (raft, had) => this.#observe(raft, had),
      removed: () => undefined,
    });
  }

  #observe(raft: Raft, had: Had): void {
    const { id, around } = this.#options;
    const { consensus, reference } = around;
    this.#raft = raft;
    around.log(`${id} starts with snapshot ${had.mark.index} and ${had.entries.length} entries, term ${had.hardState.term}`);
    new Observer(id, raft, had, {
      consensus,
      reference,
      alive: () => this.alive,
      log: (line) => around.log(line),
      installing: () => around.installing(id),
      fail: (error) => around.agenda.fail(error),
    });
  }

  write(command: Command, reply: (answer: WriteAnswer) => void): void {
    this.member.store.execute(command).then(
      (outcome) => reply({ type: "done", outcome }),
      (error: StoreError) => reply({ type: error.code === "unavailable" ? "refused" : "unknown" }),
    );
  }

  /** False: refused. True: what is applied now is new enough. */
  read(reply: (ok: boolean) => void): void {
    const asked = this.member.store.linearizable() ?? Promise.resolve();
    asked.then(
      () => reply(true),
      () => reply(false),
    );
  }

  watch(request: WatchRequest, sink: WatchSink): StoreWatch {
    return this.member.store.watch(request, sink);
  }

  /** Undefined: there is no such lease. */
  async renew(id: LeaseId): Promise<number | undefined> {
    return this.member.group.renewLease(id);
  }
}
