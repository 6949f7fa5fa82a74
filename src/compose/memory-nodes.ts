// The simulated nodes of a cluster in one process: each an agent of its own over a runtime of its own, and each can fall silent alone.
// Invariant: a silenced node's runtime goes on; the agent that comes back finds it as it is, as after a kill or a cut cable.
// Called by: memory-cluster.ts. Next on the way: simulated-nodes.ts, the same as a process with tokens and journals.

import type { Client } from "#client";
import { gitVersion } from "#config";
import { type Cri, simulatedCri } from "#cri";
import { createKubelet, type Kubelet, simulatedVolumes } from "#kubelet";
import type { Clock, Log, Prng, SpanSink } from "#lib";
import { simulatedMachine } from "./simulated-nodes.ts";

export interface MemoryNodesOptions {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly spans: SpanSink;
  readonly names: readonly string[];
  readonly clientFor: (user: string, groups: readonly string[], component: string) => Client;
  /** Where the agents answer, and where their containers' logs are written; absent: nowhere. */
  readonly place?: {
    readonly port: number;
    readonly folder: (node: string) => string;
    readonly writeLog: (path: string, line: string) => void;
  };
}

export class MemoryNodes {
  readonly #options: MemoryNodesOptions;
  readonly #runtimes: ReadonlyMap<string, { readonly cri: Cri; readonly prefix: string }>;
  readonly #kubelets = new Map<string, Kubelet>();

  constructor(options: MemoryNodesOptions) {
    this.#options = options;
    const { clock, prng, spans, place } = options;
    this.#runtimes = new Map(
      options.names.map((name, index) => {
        const prefix = `10.${244 + (index >> 8)}.${index & 255}`;
        const cri = simulatedCri({ clock, prng, spans, addressPrefix: prefix, ...(place ? { writeLog: place.writeLog } : {}) });
        return [name, { cri, prefix }];
      }),
    );
    for (const name of options.names) this.start(name);
  }

  /** Those that are not silent, by name. */
  get kubelets(): ReadonlyMap<string, Kubelet> {
    return this.#kubelets;
  }

  get names(): readonly string[] {
    return this.#options.names;
  }

  /** False: it runs already. */
  start(node: string): boolean {
    const runtime = this.#runtimes.get(node);
    if (!runtime || this.#kubelets.has(node)) return false;
    const { clock, prng, log, spans, place, clientFor } = this.#options;
    const folder = place?.folder(node) ?? "/simulated";
    const kubelet = createKubelet({
      client: clientFor(`system:node:${node}`, ["system:nodes"], "kubelet"),
      cri: runtime.cri,
      volumes: simulatedVolumes(),
      clock,
      prng,
      log: log.with({ node }),
      spans,
      settings: {
        nodeName: node,
        hostname: node,
        addresses: ["127.0.0.1"],
        machine: simulatedMachine,
        maxPods: 110,
        kubeletVersion: gitVersion,
        podCidr: `${runtime.prefix}.0/24`,
        port: place?.port ?? 0,
        rootDirectory: folder,
        podLogsDirectory: `${folder}/pod-logs`,
        cgroupParent: "/simulated",
        clusterDomain: "cluster.local",
        resolvConf: "/etc/resolv.conf",
      },
    });
    this.#kubelets.set(node, kubelet);
    return true;
  }

  /** The agent goes without a word. False: it was silent already. */
  async silence(node: string): Promise<boolean> {
    const kubelet = this.#kubelets.get(node);
    if (!kubelet) return false;
    this.#kubelets.delete(node);
    await kubelet.close();
    return true;
  }

  async ready(): Promise<void> {
    await Promise.all([...this.#kubelets.values()].map((kubelet) => kubelet.ready));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kubelets.values()].map((kubelet) => kubelet.close()));
  }
}
