// A cluster in memory behind a port, in a state folder as any other: what `up --clock virtual` runs in its one process.
// Invariant: two clocks: the cluster's own, and the machine's for sockets, TLS and callers from outside.
// Called by: sim/world.ts, which owns the cluster's clock. Next on the way: memory-cluster.ts.

import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Kubelet, kubeletHandler } from "#kubelet";
import type { Clock, Log, Prng } from "#lib";
import type { HttpHandler, Server } from "#wire";
import { simulatedNodes } from "./cluster.ts";
import type { PartContext } from "./context.ts";
import { listenFrom } from "./listen.ts";
import { type MemoryCluster, memoryCluster } from "./memory-cluster.ts";
import { type Dialler, nodeProxy } from "./node-proxy.ts";
import { readCa, readPair, readServiceAccountKey } from "./state/pki.ts";

const firstPort = 6443;
const kubeletPort = 11250;
const closeGraceMs = 500;

export interface ServedOptions {
  /** The machine's clock is the context's. */
  readonly context: PartContext;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  /** Around everything that comes in through the port. */
  readonly around: (handler: HttpHandler) => HttpHandler;
}

export interface ServedCluster {
  readonly port: number;
  /** Being built: takes time of the cluster's own clock. */
  readonly cluster: Promise<MemoryCluster>;
  close(): Promise<void>;
}

function appendLog(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, line);
}

/** Resolves when the ports are open. */
export async function servedMemoryCluster({ context, clock, prng, log, around }: ServedOptions): Promise<ServedCluster> {
  const { paths, settings, clock: real, spans } = context;
  const ca = readCa(paths);
  const listen = (pair: string, port: number, fixed: boolean, handler: HttpHandler): Promise<Server> =>
    listenFrom({ host: "127.0.0.1", tls: { ...readPair(paths, pair), clientCa: ca }, handler, log, clock: real }, port, fixed);
  const serving = Promise.withResolvers<HttpHandler>();
  const none: ReadonlyMap<string, Kubelet> = new Map();
  let cluster: MemoryCluster | undefined;
  let proxy: Dialler | undefined;
  // The ports are taken first, because the first objects name them.
  const outer = around(async (request) => (await serving.promise)(request));
  const server = await listen("apiserver", settings.port ?? firstPort, settings.port !== undefined, outer);
  const agents = kubeletHandler({ kubelets: () => cluster?.nodes.kubelets ?? none, clock: real, log });
  const nodes = await listen("simulated-nodes", kubeletPort, false, agents);
  const building = memoryCluster({
    clock,
    prng,
    log,
    spans,
    serviceAccountKey: readServiceAccountKey(paths),
    ca,
    nodes: simulatedNodes(paths.name, settings),
    without: settings.without,
    nodePlace: { port: nodes.port, folder: (node) => join(paths.simulated, node), writeLog: appendLog },
    served(clientFor) {
      proxy = nodeProxy(paths, real, () => clientFor("system:apiserver", ["system:masters"]));
      return { securePort: server.port, nodeProxy: proxy };
    },
  });
  building.then(
    (made) => {
      cluster = made;
      serving.resolve(made.handler);
    },
    (error: unknown) => serving.reject(error as Error),
  );
  serving.promise.catch(() => undefined);
  return {
    port: server.port,
    cluster: building,
    async close() {
      await (await building).close();
      proxy?.close();
      await Promise.all([server.close(closeGraceMs), nodes.close(closeGraceMs)]);
    },
  };
}
