// A store that others reach as etcd: opened from its folder, served on the client addresses.
// Invariant: it listens when the log is read (alone: when it leads, too); it answers nothing any more when the disk has failed.
// Called by: compose/ (`dhow store`), through the door. Next on the way: face.ts.

import { type Clock, delay, type Log, type MetricRegistry, type Prng } from "#lib";
import { type Server, serveGrpc, type ServeGrpcOptions } from "#wire";
import type { Revision } from "../contract.ts";
import { type Member, openMember } from "../members/open.ts";
import type { MemberFlags } from "../members/identity.ts";
import type { PeerTls } from "../peers/address.ts";
import type { Disk } from "../wal/disk.ts";
import { type AutoCompaction, compactAutomatically } from "./autocompaction.ts";
import { createEtcd, defaultEtcdLimits, etcdMethods } from "./face.ts";
import { etcdHttp } from "./http.ts";
import type { EtcdLimits, Identity } from "./etcd.ts";
import { etcdMetrics } from "./metrics.ts";

const overheadBytes = 512 * 1024;
const graceMs = 2000;

/** etcd's flags about members. */
export interface ServeMembers extends Pick<MemberFlags, "initialCluster" | "initialClusterState"> {
  readonly listenPeerUrls: readonly string[];
  readonly peerTls?: PeerTls;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly snapshotEntries: number;
  readonly keepEntries: number;
  /** The other members say that this one has been removed. */
  readonly removed: () => void;
}

const alone: ServeMembers = {
  initialCluster: [],
  initialClusterState: "new",
  listenPeerUrls: [],
  heartbeatMs: 100,
  electionMs: 1000,
  snapshotEntries: 100_000,
  keepEntries: 5000,
  removed: () => undefined,
};

export interface ServeEtcdOptions {
  readonly directory: string;
  /** In place of the machine's disk. */
  readonly disk?: Disk;
  readonly name: string;
  readonly clusterToken: string;
  readonly peerUrls: readonly string[];
  /** As other members and clients are told. */
  readonly clientUrls: readonly string[];
  /** Absent: alone, and nobody can join. */
  readonly members?: ServeMembers;
  readonly listen: readonly Pick<ServeGrpcOptions, "host" | "port" | "tls">[];
  readonly limits?: Partial<EtcdLimits>;
  /** Absent: history stays until somebody compacts. */
  readonly autoCompaction?: AutoCompaction;
  readonly version: string;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly failed?: (error: Error) => void;
}

export interface EtcdServer {
  /** As listened on, in the order of `listen`. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

function identityOf({ group }: Member, { name, peerUrls, clientUrls }: ServeEtcdOptions): Identity {
  const { cluster, id } = group.identity;
  return { name, clusterId: BigInt(`0x${cluster}`), memberId: BigInt(`0x${id}`), peerUrls, clientUrls };
}

/** A leader that ends in peace gives its place away: else the others would wait for an election. */
async function handOver({ group }: Member, clock: Clock, withinMs: number): Promise<void> {
  const { self } = group;
  const heir = group.isLeader ? group.members.find((one) => one !== self && !one.learner && group.isConnected(one)) : undefined;
  if (heir) await Promise.race([group.moveLeader(heir), delay(clock, withinMs)]);
}

export async function serveEtcd(options: ServeEtcdOptions): Promise<EtcdServer> {
  const { clock, prng, log, metrics, members = alone } = options;
  const limits = { ...defaultEtcdLimits, ...options.limits };
  const member = await openMember({
    ...options,
    ...members,
    flags: { ...options, ...members, initialClusterToken: options.clusterToken },
    // The face has its own words for both: the store's own bounds lie above.
    limits: { maxRequestBytes: limits.maxRequestBytes + overheadBytes, quotaBytes: Number.MAX_SAFE_INTEGER },
  });
  const { store, group } = member;
  const identity = identityOf(member, options);
  const etcd = createEtcd({ store, cluster: group, clock, prng, log, identity, limits, version: options.version });
  const services = {
    methods: etcdMethods(etcd),
    maxMessageBytes: limits.maxRequestBytes + overheadBytes,
    log,
    ended: etcdMetrics(etcd, metrics),
  };
  const http = etcdHttp(etcd, metrics);
  const servers: Server[] = [];
  const { autoCompaction: compaction } = options;
  const compact = (at: Revision): Promise<void> => store.compact(at);
  const compacting = compaction
    ? compactAutomatically({ compaction, clock, log, revision: () => store.state.revision, compact, leads: () => group.isLeader })
    : undefined;
  const close = async (): Promise<void> => {
    await handOver(member, clock, members.electionMs);
    compacting?.close();
    await Promise.all(servers.map((server) => server.close(graceMs)));
    await store.close();
  };
  try {
    for (const address of options.listen) servers.push(await serveGrpc({ ...address, services, http, clock }));
  } catch (error) {
    await close();
    throw error;
  }
  log.info("serving clients", { name: identity.name, ports: servers.map(({ port }) => port), revision: store.state.revision });
  return { ports: servers.map(({ port }) => port), close };
}
