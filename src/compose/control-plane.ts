// The control plane in one process: store, API server, control loops, scheduler.
// Invariant: loops and scheduler reach the API server only as requests under their own identities; the store belongs to the API server alone.
// Called by: cmd/part.ts. Next on the way: apiserver/, then in-process.ts for who shares its process.

import { createApiServer } from "#apiserver";
import { type Client, createClient } from "#client";
import { gitVersion, userAgent } from "#config";
import { header, type HttpHandler } from "#wire";
import { isSimulatedNode } from "./cluster.ts";
import { clusterStore } from "./cluster-store.ts";
import type { PartContext } from "./context.ts";
import { followHeapGrowth } from "./heap-growth.ts";
import { inProcess } from "./in-process.ts";
import { listenFrom } from "./listen.ts";
import { startLoops } from "./loops.ts";
import { nodeProxy } from "./node-proxy.ts";
import { outbound } from "./outbound.ts";
import type { RunningPart } from "./part.ts";
import { processMetrics } from "./process-metrics.ts";
import { nodeTokens, readCa, readPair, readServiceAccountKey } from "./state/pki.ts";

const firstPort = 6443;
const closeGraceMs = 3000;

export async function startControlPlane(context: PartContext): Promise<RunningPart> {
  const { paths, settings, clock, prng, log, metrics, spans } = context;
  processMetrics(metrics, clock);
  const growth = followHeapGrowth();
  const store = await clusterStore(context);
  const local = inProcess(clock);
  // The port is taken first, because the first objects name it; whoever calls before the API server is there waits a moment.
  const serving = Promise.withResolvers<HttpHandler>();
  const tls = { ...readPair(paths, "apiserver"), clientCa: readCa(paths) };
  const handler: HttpHandler = async (request) => (await serving.promise)(request);
  const server = await listenFrom({ host: "127.0.0.1", tls, handler, log, clock }, settings.port ?? firstPort, settings.port !== undefined);
  const clients = new Map<string, Client>();
  const proxy = nodeProxy(paths, clock, () => clientFor("system:apiserver", ["system:masters"], "kube-apiserver"));
  const apiserver = createApiServer({
    store,
    clock,
    prng,
    log,
    metrics,
    spans,
    serviceAccountKey: readServiceAccountKey(paths),
    clientCa: readCa(paths),
    version: gitVersion,
    nodeProxy: proxy,
    outbound: outbound(clock),
    securePort: server.port,
  });
  function freshClient(name: string, groups: readonly string[], component: string): Client {
    const handler = apiserver.handlerFor({ name, groups: [...groups, "system:authenticated"] });
    return createClient({
      transport: local.transportFor(handler, userAgent(component)),
      clock,
      userAgent: userAgent(component),
      bare: true,
    });
  }
  function clientFor(name: string, groups: readonly string[], component: string): Client {
    const client = clients.get(name) ?? freshClient(name, groups, component);
    clients.set(name, client);
    return client;
  }
  const tokens = nodeTokens(paths, (node) => isSimulatedNode(paths.name, node));
  await apiserver.ready;
  serving.resolve((request) => {
    const bearer = /^Bearer (\S+)$/.exec(header(request.headers, "authorization") ?? "")?.[1];
    const node = bearer === undefined ? undefined : tokens.verify(bearer);
    if (node === undefined) return apiserver.handler(request);
    return apiserver.handlerFor({ name: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] })(request);
  });
  const loops = startLoops({ ...context, candidate: `dhow-${paths.name}`, clientFor: freshClient, rootCa: readCa(paths) });
  return {
    facts: { port: server.port },
    async stop() {
      growth.close();
      await loops.close();
      const closed = server.close(closeGraceMs);
      apiserver.close();
      for (const client of clients.values()) client.close();
      proxy.close();
      await closed;
      await store.close();
    },
  };
}
