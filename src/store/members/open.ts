// A member of a cluster, from its folder: identity, snapshot, log, then the network, then the same store as alone, driven by the group.
// Invariant: nothing is said to others before the log is read; opening gives every acknowledged write back or an error that names the file.
// Called by: etcd/serve.ts. Next on the way: driver.ts, group.ts.

import { type Clock, type Log, macrotask, type MetricRegistry, type Prng } from "#lib";
import { type Configuration, type Entry, type HardState, Raft, type RaftLimits, type SnapshotMark } from "#raft";
import { defaultLimits, type StoreLimits } from "../limits.ts";
import { lockFolder } from "../lock.ts";
import { makeMeters } from "../meters.ts";
import type { PeerTls } from "../peers/address.ts";
import { Peers, type PeerNetwork, type PeersOptions } from "../peers/peers.ts";
import type { LogStorage } from "../replica.ts";
import { readNewestSnapshot } from "../snapshot/read.ts";
import { Snapshotter } from "../snapshot/snapshotter.ts";
import { LocalStore } from "../store.ts";
import { coreWaitMs } from "../wal/corewait.ts";
import type { Disk } from "../wal/disk.ts";
import { InPlace } from "../wal/inplace.ts";
import { DiskLog } from "../wal/log.ts";
import { recoverLog } from "../wal/recover.ts";
import { ThreadDisk } from "../wal/threaddisk.ts";
import { MemberDriver } from "./driver.ts";
import { Group } from "./group.ts";
import {
  askAll,
  firstIdentity,
  foundersOf,
  type Introduce,
  type MemberFlags,
  type MemberIdentity,
  MembershipError,
  readIdentity,
  writeIdentity,
} from "./identity.ts";
import { SnapshotTransfer } from "./snapshots.ts";

export interface OpenMemberOptions {
  readonly directory: string;
  /** In place of the machine's disk; the folder is not locked then. */
  readonly disk?: Disk;
  readonly flags: MemberFlags;
  readonly listenPeerUrls: readonly string[];
  readonly peerTls?: PeerTls;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  /** etcd's --snapshot-count. */
  readonly snapshotEntries: number;
  /** Entries kept in memory for members that lag. */
  readonly keepEntries: number;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics?: MetricRegistry;
  readonly limits?: Partial<StoreLimits>;
  readonly failed?: (error: Error) => void;
  /** In place of a network. */
  readonly connect?: (options: PeersOptions) => PeerNetwork;
  readonly introduce?: Introduce;
  /** The others say that this member has been removed. */
  readonly removed: () => void;
  readonly raftLimits?: Partial<Omit<RaftLimits, "electionTicks">>;
  /** The state machine before its first step, and what the disk had: for those who look on. */
  readonly observe?: (
    raft: Raft,
    had: { readonly mark: SnapshotMark; readonly entries: readonly Entry[]; readonly hardState: HardState },
  ) => void;
}

export interface Member {
  readonly store: LocalStore;
  readonly group: Group;
  close(): Promise<void>;
}

/** etcd's bound for a request: five seconds, and two elections that may be under way. */
const requestMs = (electionMs: number): number => 5000 + 2 * electionMs;

export async function openMember(options: OpenMemberOptions): Promise<Member> {
  const unlock = options.disk ? () => undefined : lockFolder(options.directory);
  const disk = options.disk ?? new ThreadDisk(options.directory, options.clock, new InPlace(macrotask, coreWaitMs));
  try {
    return await openOn(disk, unlock, options);
  } catch (error) {
    await disk.close();
    unlock();
    throw error;
  }
}

interface Recovered {
  readonly identity: MemberIdentity;
  readonly snapshot: Awaited<ReturnType<typeof readNewestSnapshot>>;
  readonly recovered: Awaited<ReturnType<typeof recoverLog>>;
}

async function recover(
  disk: Disk,
  { flags, peerTls, clock, log, introduce = askAll(peerTls, clock) }: OpenMemberOptions,
): Promise<Recovered> {
  const known = await readIdentity(disk);
  const snapshot = await readNewestSnapshot(disk);
  const recovered = await recoverLog(disk, log, snapshot.mark);
  const isNew = snapshot.mark.index === 0 && recovered.tail.segments.length === 0;
  if (known) return { identity: known, snapshot, recovered };
  // A folder from before there were members, or restored from a backup: its data is one member's.
  const identity = isNew ? await firstIdentity(flags, introduce) : foundersOf(flags);
  if (!isNew && identity.members.length > 1)
    throw new MembershipError("the data folder holds the data of a store that was alone: it can only be the first of a cluster");
  await writeIdentity(disk, identity);
  return { identity, snapshot, recovered };
}

function raftOf({ identity, snapshot, recovered }: Recovered, options: OpenMemberOptions): Raft {
  const { electionMs, heartbeatMs, keepEntries, prng, raftLimits, observe } = options;
  const configuration: Configuration = snapshot.configuration ?? { voters: identity.voters };
  const raft = new Raft({
    ...configuration,
    id: identity.number,
    electionTicks: Math.max(Math.round(electionMs / heartbeatMs), 2),
    hardState: recovered.hardState,
    snapshot: snapshot.mark,
    entries: recovered.entries,
    prng,
    limits: { ...raftLimits, keepEntries },
  });
  observe?.(raft, { mark: snapshot.mark, entries: recovered.entries, hardState: recovered.hardState });
  return raft;
}

/** The parts know each other by way of this: each is there before anything happens. */
interface Parts {
  readonly disk: Disk;
  readonly diskLog: DiskLog;
  readonly raft: Raft;
  readonly found: Recovered;
  readonly limits: StoreLimits;
  readonly meters: ReturnType<typeof makeMeters>;
  driver: MemberDriver;
  group: Group;
  store: LocalStore;
  transfer: SnapshotTransfer;
}

function peersOf(parts: Parts, options: OpenMemberOptions): PeerNetwork {
  const { identity } = parts.found;
  const peersOptions: PeersOptions = {
    clock: options.clock,
    log: options.log.with({ component: "peers" }),
    tls: options.peerTls,
    self: {
      cluster: identity.cluster,
      number: identity.number,
      idOf: (one) => parts.group.idOf(one),
      wasRemoved: (id) => parts.group.wasRemoved(id),
    },
    introduce: () => ({ cluster: identity.cluster, members: parts.group.members }),
    urlsOf: (member) => parts.group.urlsOf(member),
    met: (hello) => parts.group.meet(hello),
    message: (message) => parts.driver.receive(message),
    request: (_from, kind, body) => parts.group.answer(kind, body),
    snapshot: (message) => parts.transfer.receive(message),
    removed: () => {
      parts.group.shutOut();
      options.removed();
    },
  };
  return options.connect?.(peersOptions) ?? new Peers(peersOptions);
}

function storageOf(
  { disk, diskLog, meters }: Parts,
  { clock }: OpenMemberOptions,
  unlock: () => void,
  closeOthers: () => Promise<void>,
): LogStorage {
  return {
    async persist(batch) {
      const beganMs = clock.monotonicMs();
      await diskLog.persist(batch);
      meters.batch(batch.entries.length, (clock.monotonicMs() - beganMs) / 1000);
    },
    async close() {
      try {
        await closeOthers();
        await diskLog.close();
      } finally {
        await disk.close();
        unlock();
      }
    },
  };
}

function storeOf(parts: Parts, options: OpenMemberOptions, peers: PeerNetwork, unlock: () => void): LocalStore {
  const { clock, prng, log, heartbeatMs, electionMs, failed } = options;
  const { disk, diskLog, raft, found, limits } = parts;
  const { mark, state } = found.snapshot;
  const snapshotter = new Snapshotter({
    disk,
    clock,
    prng,
    log,
    diskLog,
    state: () => parts.store.state,
    afterBytes: limits.snapshotAfterBytes,
    afterEntries: options.snapshotEntries,
    configurationAt: (index) => raft.configurationAt(index),
    last: mark,
    written: () => parts.meters.snapshot(),
  });
  const storage = storageOf(parts, options, unlock, async () => {
    await peers.close();
    await snapshotter.close();
  });
  return new LocalStore({
    clock,
    prng,
    log,
    limits,
    state,
    storage,
    applied: () => {
      const { applied } = parts.store;
      // While another member's snapshot is on its way to the disk, raft knows nothing any more of what was before it.
      if (raft.termOf(applied.index) !== undefined) snapshotter.consider(applied);
      parts.group.look();
    },
    ...(failed ? { failed } : {}),
    drive(driverParts) {
      parts.driver = new MemberDriver({
        ...driverParts,
        raft,
        number: found.identity.number,
        snapshot: mark,
        network: peers,
        heartbeatMs,
        timeoutMs: requestMs(electionMs),
        alone: () => disk.alone?.(),
        firstProposalId: prng.between(1, 2 ** 47),
        async install(at) {
          const installed = await parts.transfer.install(at);
          await snapshotter.replacedBy(at);
          parts.store.replaceState(installed);
        },
        sendSnapshot: (message) => parts.transfer.send(message),
        changed: () => {
          const { leader, term } = parts.driver;
          if (leader !== 0) log.info("a member leads", { leader, term, itself: parts.driver.isLeader });
          else log.info("no member leads", { term });
          parts.group.look();
        },
        ticked: () => parts.group.look(),
      });
      return parts.driver;
    },
  });
}

async function openOn(disk: Disk, unlock: () => void, options: OpenMemberOptions): Promise<Member> {
  const { clock, prng, log, flags } = options;
  const limits: StoreLimits = { ...defaultLimits, ...options.limits };
  const startedMs = clock.monotonicMs();
  const found = await recover(disk, options);
  const { identity, recovered } = found;
  const diskLog = await DiskLog.open(disk, prng, limits.segmentBytes, recovered.tail);
  const parts = { disk, diskLog, raft: raftOf(found, options), found, limits, meters: makeMeters(options.metrics) } as Parts;
  const peers = peersOf(parts, options);
  const storeNow = (): LocalStore => parts.store;
  parts.transfer = new SnapshotTransfer({
    disk,
    clock,
    prng,
    log,
    state: () => parts.store.state,
    network: peers,
    arrived: (message) => parts.driver.receiveSnapshot(message),
  });
  // Nothing happens in here: the driver starts in the next microtask.
  parts.store = storeOf(parts, options, peers, unlock);
  const timeoutMs = requestMs(options.electionMs);
  const { name, clientUrls } = flags;
  parts.group = new Group({
    clock,
    log,
    identity,
    name,
    clientUrls,
    driver: parts.driver,
    store: storeNow,
    network: peers,
    timeoutMs,
    tickMs: options.heartbeatMs,
  });
  const { store, group } = parts;
  try {
    await listen(peers, identity, options);
    await store.started;
    if (store.failure) throw store.failure;
  } catch (error) {
    await store.close();
    throw error;
  }
  log.info("the member is open", {
    member: identity.id,
    number: identity.number,
    cluster: identity.cluster,
    members: group.members.length,
    revision: store.state.revision,
    keys: store.state.liveKeys,
    entries: recovered.entries.length,
    ms: clock.monotonicMs() - startedMs,
  });
  return { store, group, close: () => store.close() };
}

/** A member alone has nobody to hear yet: that its address is taken is no reason not to serve. */
async function listen(peers: PeerNetwork, identity: MemberIdentity, { listenPeerUrls, log }: OpenMemberOptions): Promise<void> {
  for (const url of listenPeerUrls) {
    try {
      await peers.listen(url);
    } catch (error) {
      if (identity.members.length > 1) throw error;
      log.warn("not listening for other members", { url, error: error instanceof Error ? error.message : String(error) });
    }
  }
}
