// A whole cluster in one process and in memory: store without a disk, API server, control loops, scheduler, simulated nodes.
// Invariant: the same parts, identities and requests as the cluster of processes; no socket, no file, no process.
// Called by: tests; later the simulator. Next on the way: control-plane.ts, the same with a disk and a port.

import { createApiServer } from "#apiserver";
import { type Client, createClient } from "#client";
import { gitVersion, userAgent } from "#config";
import { simulatedCri } from "#cri";
import { createKubelet, type Kubelet, simulatedVolumes } from "#kubelet";
import { type Clock, type Log, MetricRegistry, type Prng, type SpanSink } from "#lib";
import { memoryStore, type Store } from "#store";
import type { HttpHandler } from "#wire";
import { inProcess } from "./in-process.ts";
import { startLoops } from "./loops.ts";
import { simulatedMachine } from "./simulated-nodes.ts";

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
}

export interface MemoryCluster {
  readonly store: Store;
  readonly handler: HttpHandler;
  handlerFor(user: string, groups: readonly string[]): HttpHandler;
  clientFor(user: string, groups: readonly string[]): Client;
  close(): Promise<void>;
}

export async function memoryCluster(options: MemoryClusterOptions): Promise<MemoryCluster> {
  const { clock, prng, log, spans } = options;
  const metrics = new MetricRegistry();
  const store = memoryStore({ clock, prng, log });
  const { serviceAccountKey, ca } = options;
  const apiserver = createApiServer({ store, clock, prng, log, metrics, spans, serviceAccountKey, clientCa: ca, version: gitVersion });
  await apiserver.ready;
  const local = inProcess(clock);
  const clients: Client[] = [];
  const handlerFor = (name: string, groups: readonly string[]): HttpHandler =>
    apiserver.handlerFor({ name, groups: [...groups, "system:authenticated"] });
  const clientFor = (name: string, groups: readonly string[], component = "test"): Client => {
    const transport = local.transportFor(handlerFor(name, groups), userAgent(component));
    const client = createClient({ transport, clock, userAgent: userAgent(component) });
    clients.push(client);
    return client;
  };
  const settings = { without: options.without ?? [] };
  const loops = startLoops({ clock, prng, log, metrics, spans, settings, candidate: "memory", clientFor, rootCa: ca });
  const kubelets = options.nodes.map((node, index): Kubelet => {
    const prefix = `10.244.${index}`;
    return createKubelet({
      client: clientFor(`system:node:${node}`, ["system:nodes"], "kubelet"),
      cri: simulatedCri({ clock, prng, spans, addressPrefix: prefix }),
      volumes: simulatedVolumes(),
      clock,
      prng,
      log,
      spans,
      settings: {
        nodeName: node,
        hostname: node,
        addresses: ["127.0.0.1"],
        machine: simulatedMachine,
        maxPods: 110,
        kubeletVersion: gitVersion,
        podCidr: `${prefix}.0/24`,
        port: 0,
        rootDirectory: "/simulated",
        podLogsDirectory: "/simulated/logs",
        cgroupParent: "/simulated",
        clusterDomain: "cluster.local",
        resolvConf: "/etc/resolv.conf",
      },
    });
  });
  await Promise.all(kubelets.map((kubelet) => kubelet.ready));
  return {
    store,
    handler: apiserver.handler,
    handlerFor,
    clientFor,
    async close() {
      await loops.close();
      await Promise.all(kubelets.map((kubelet) => kubelet.close()));
      apiserver.close();
      for (const client of clients) client.close();
      await store.close();
    },
  };
}
