// A store that others reach as etcd: opened from its folder, served on the client addresses.
// Invariant: it listens only when the store leads; it answers nothing any more when the disk has failed.
// Called by: compose/ (`dhow store`), through the door. Next on the way: face.ts.

import type { Clock, Log, MetricRegistry, Prng } from "#lib";
import { type Server, serveGrpc, type ServeGrpcOptions } from "#wire";
import { openLocalStore } from "../open.ts";
import type { Disk } from "../wal/disk.ts";
import { createEtcd, defaultEtcdLimits, etcdMethods } from "./face.ts";
import { etcdHttp } from "./http.ts";
import { soleMember } from "./identity.ts";
import type { EtcdLimits } from "./etcd.ts";
import { etcdMetrics } from "./metrics.ts";

const overheadBytes = 512 * 1024;
const graceMs = 2000;

export interface ServeEtcdOptions {
  readonly directory: string;
  /** In place of the machine's disk. */
  readonly disk?: Disk;
  readonly name: string;
  readonly clusterToken: string;
  readonly peerUrls: readonly string[];
  /** As other members and clients are told. */
  readonly clientUrls: readonly string[];
  readonly listen: readonly Pick<ServeGrpcOptions, "host" | "port" | "tls">[];
  readonly limits?: Partial<EtcdLimits>;
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

export async function serveEtcd(options: ServeEtcdOptions): Promise<EtcdServer> {
  const { directory, clock, prng, log, metrics, failed } = options;
  const limits = { ...defaultEtcdLimits, ...options.limits };
  const store = await openLocalStore({
    directory,
    ...(options.disk ? { disk: options.disk } : {}),
    clock,
    prng,
    log,
    metrics,
    // The face has its own words for both: the store's own bounds lie above.
    limits: { maxRequestBytes: limits.maxRequestBytes + overheadBytes, quotaBytes: Number.MAX_SAFE_INTEGER },
    ...(failed ? { failed } : {}),
  });
  const identity = soleMember(options.name, options.peerUrls, options.clientUrls, options.clusterToken);
  const etcd = createEtcd({ store, clock, prng, log, identity, limits, version: options.version });
  const services = {
    methods: etcdMethods(etcd),
    maxMessageBytes: limits.maxRequestBytes + overheadBytes,
    log,
    ended: etcdMetrics(etcd, metrics),
  };
  const http = etcdHttp(etcd, metrics);
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close(graceMs)));
    await store.close();
  };
  try {
    for (const address of options.listen) servers.push(await serveGrpc({ ...address, services, http, clock }));
  } catch (error) {
    await close();
    throw error;
  }
  log.info("serving clients", { name: options.name, ports: servers.map(({ port }) => port), revision: store.state.revision });
  return { ports: servers.map(({ port }) => port), close };
}
