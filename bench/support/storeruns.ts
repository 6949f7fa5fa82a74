// What is measured of one server that speaks etcd's gRPC: puts, ranges, watches, memory, restart.
// Invariant: every put that is counted made a revision; CPU is the server's own, user and system.
// Called by: store.ts, for each server in turn. Next on the way: etcdclient.ts.

import { performance } from "node:perf_hooks";
import { cpuMs, percentile } from "./cluster.ts";
import { EtcdClient, h2loadGrpc, type Measured, recorded } from "./etcdclient.ts";
import type { EtcdServer } from "./etcdserver.ts";

export interface Run extends Measured {
  readonly cpuMicros: number;
}

const value = Buffer.alloc(1024, "v");
const connectionsFor = (inFlight: number): number => Math.min(inFlight, 16);

async function revisionOf(client: EtcdClient): Promise<number> {
  return (await client.call("Range", { key: "nothing", count_only: true })).header?.revision ?? 0;
}

/** Where it is asked, and whose CPU counts. */
export type Asked = Pick<EtcdServer, "endpoint" | "pid">;

async function load(server: Asked, request: { path: string; body: Buffer }, requests: number, inFlight: number): Promise<Run> {
  const before = cpuMs(server.pid);
  const measured = await h2loadGrpc(server.endpoint, { ...request, requests, inFlight, connections: connectionsFor(inFlight) });
  return { ...measured, cpuMicros: ((cpuMs(server.pid) - before) * 1000) / requests };
}

/** 1 KiB each; compacted afterwards, so that each run finds the same. */
export async function puts(server: Asked, requests: number, inFlight: number): Promise<Run> {
  const client = new EtcdClient(server.endpoint);
  try {
    const before = await revisionOf(client);
    const measured = await load(server, recorded("Put", { key: `/bench/${inFlight}`, value }), requests, inFlight);
    const after = await revisionOf(client);
    if (after - before !== requests) throw new Error(`${requests} puts were answered, ${after - before} made`);
    await client.call("Compact", { revision: after, physical: true });
    return measured;
  } finally {
    client.close();
  }
}

/** Linearizable, of one key of 1 KiB. */
export async function ranges(server: Asked, requests: number, inFlight: number): Promise<Run> {
  const client = new EtcdClient(server.endpoint);
  await client.call("Put", { key: "/bench/read", value });
  client.close();
  return load(server, recorded("Range", { key: "/bench/read" }), requests, inFlight);
}

export interface FanOut {
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicros: number;
}

const watchConnections = 20;
const tailMs = 60_000;

/** Each put is seen by every watcher; a put's time is until the last of them has it. */
export async function fanOut(server: EtcdServer, watchers: number, events: number): Promise<FanOut> {
  const clients = Array.from({ length: watchConnections }, (_, place) => new EtcdClient(server.endpoint, place + 1));
  const key = "/bench/fan-out";
  let seen = 0;
  let wanted = watchers;
  const streams: ReturnType<EtcdClient["watch"]>[] = [];
  let reached: () => void = () => undefined;
  const all = async (): Promise<void> => {
    if (seen >= wanted) return;
    const late = Promise.withResolvers<void>();
    reached = late.resolve;
    const timer = setTimeout(() => late.reject(new Error(`${seen} of ${wanted} answers came`)), tailMs);
    await late.promise.finally(() => clearTimeout(timer));
  };
  try {
    for (let index = 0; index < watchers; index++) {
      const stream = clients[index % watchConnections]!.watch(key, () => {
        seen += 1;
        if (seen >= wanted) reached();
      });
      streams.push(stream);
    }
    // `created` comes first, on every stream.
    await all();
    const beforeMs = cpuMs(server.pid);
    const beganMs = performance.now();
    const latencies: number[] = [];
    for (let sent = 0; sent < events; sent++) {
      wanted += watchers;
      const putMs = performance.now();
      await clients[0]!.call("Put", { key, value });
      await all();
      latencies.push(performance.now() - putMs);
    }
    const tookMs = performance.now() - beganMs;
    return {
      eventsPerSecond: (watchers * events * 1000) / tookMs,
      p50Ms: percentile(latencies, 50),
      p99Ms: percentile(latencies, 99),
      cpuMicros: ((cpuMs(server.pid) - beforeMs) * 1000) / (watchers * events),
    };
  } finally {
    // A client that is closed lets its streams go on: they would watch the next round, too.
    for (const stream of streams) stream.cancel();
    for (const client of clients) client.close();
  }
}

const perTransaction = 100;

/** `keys` keys of 3 KiB, a hundred a transaction. */
export async function fill(server: EtcdServer, keys: number): Promise<void> {
  const client = new EtcdClient(server.endpoint);
  const large = Buffer.alloc(3 * 1024, "v");
  const name = (key: number): string => `/bench/fill/${String(key).padStart(8, "0")}`;
  try {
    for (let first = 0; first < keys; first += perTransaction) {
      const success = Array.from({ length: Math.min(perTransaction, keys - first) }, (_, at) => ({
        request_put: { key: name(first + at), value: large },
      }));
      await client.call("Txn", { success });
    }
    const { count } = await client.call("Range", { key: "/bench/fill/", range_end: "/bench/fill0", count_only: true });
    if (count !== keys) throw new Error(`${count} keys are there, not ${keys}`);
  } finally {
    client.close();
  }
}
