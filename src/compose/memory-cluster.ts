// A whole cluster in one process and in memory: store without a disk, API server, control loops, scheduler, simulated nodes.
// Invariant: the same parts, identities and requests as the cluster of processes; no socket, no file, no process.
// Called by: tests; sim/, which owns its time and gives it a port. Next on the way: control-plane.ts, the same with a disk.

import { type ApiServerOptions, createApiServer } from "#apiserver";
import { type Client, createClient } from "#client";
import { gitVersion, userAgent } from "#config";
import { type Clock, type Log, MetricRegistry, type Prng, type SpanSink } from "#lib";
import { memoryStore, type Store } from "#store";
import type { HttpHandler } from "#wire";
import { inProcess } from "./in-process.ts";
import { startLoops } from "./loops.ts";
import { MemoryNodes, type MemoryNodesOptions } from "./memory-nodes.ts";

export interface MemoryClusterOptions {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly spans: SpanSink;
  /** PEM. */
  readonly serviceAccountKey: string;
  readonly ca: string;
  readonly nodes: readonly string[];
  readonly without?: readonly string[];
  /** Absent: they answer nobody, and their containers' logs are dropped. */
  readonly nodePlace?: MemoryNodesOptions["place"];
  /** Of a cluster that is reached through a port. */
  readonly served?: (clientFor: MemoryCluster["clientFor"]) => Pick<ApiServerOptions, "securePort" | "nodeProxy">;
}

export interface MemoryCluster {
  readonly store: Store;
  readonly handler: HttpHandler;
  readonly nodes: MemoryNodes;
  handlerFor(user: string, groups: readonly string[]): HttpHandler;
  clientFor(user: string, groups: readonly string[]): Client;
  close(): Promise<void>;
}

export async function memoryCluster(options: MemoryClusterOptions): Promise<MemoryCluster> {
  const { clock, prng, log, spans } = options;
  const metrics = new MetricRegistry();
  const store = memoryStore({ clock, prng, log });
  const { serviceAccountKey, ca } = options;
  const clients: Client[] = [];
  const local = inProcess(clock);
  const handlerFor = (name: string, groups: readonly string[]): HttpHandler =>
    apiserver.handlerFor({ name, groups: [...groups, "system:authenticated"] });
  const clientFor = (name: string, groups: readonly string[], component = "test"): Client => {
    const transport = local.transportFor(handlerFor(name, groups), userAgent(component));
    const client = createClient({ transport, clock, userAgent: userAgent(component) });
    clients.push(client);
    return client;
  };
  const apiserver = createApiServer({
    store,
    clock,
    prng,
    log,
    metrics,
    spans,
    serviceAccountKey,
    clientCa: ca,
    version: gitVersion,
    ...options.served?.(clientFor),
  });
  await apiserver.ready;
  const settings = { without: options.without ?? [] };
  const loops = startLoops({ clock, prng, log, metrics, spans, settings, candidate: "memory", clientFor, rootCa: ca });
  const place = options.nodePlace;
  const nodes = new MemoryNodes({ clock, prng, log, spans, names: options.nodes, clientFor, ...(place ? { place } : {}) });
  await nodes.ready();
  return {
    store,
    handler: apiserver.handler,
    nodes,
    handlerFor,
    clientFor,
    async close() {
      await loops.close();
      await nodes.close();
      apiserver.close();
      for (const client of clients) client.close();
      await store.close();
    },
  };
}
