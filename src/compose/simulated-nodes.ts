// All simulated nodes in one process: the kubelet's own code over a runtime that only plays containers.
// Invariant: each node speaks with its own token over shared connections, and answers the API server on one shared port.
// Called by: cmd/part.ts. Next on the way: kubelet/kubelet.ts over cri/simulated.

import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { gitVersion } from "#config";
import { fileJournal, simulatedCri } from "#cri";
import { createKubelet, type Kubelet, kubeletHandler, type NodeMachine, simulatedVolumes } from "#kubelet";
import { Pacer, slots } from "#lib";
import { addressText, nodeRange } from "#network";
import { isSimulatedNode, realNodes, simulatedNodes } from "./cluster.ts";
import type { PartContext } from "./context.ts";
import { listenFrom } from "./listen.ts";
import { nodeClient, nodeTransport } from "./node-client.ts";
import { podNetworkOf } from "./node-place.ts";
import type { RunningPart } from "./part.ts";
import { processMetrics } from "./process-metrics.ts";
import { nodeTokens, readCa, readPair } from "./state/pki.ts";

const simulatedPort = 11250;
/** Of all simulated nodes together. The busier the API server, the fewer a second; a quiet one takes a thousand. */
const eventsInFlight = 4;

export const simulatedMachine: NodeMachine = {
  cpus: 8,
  memoryBytes: 32 * 1024 ** 3,
  diskBytes: 100 * 1024 ** 3,
  machineId: "",
  bootId: "",
  systemUuid: "",
  kernelVersion: "simulated",
  osImage: "simulated",
  operatingSystem: "linux",
  architecture: process.arch === "arm64" ? "arm64" : "amd64",
};

/** 10.244.0, 10.244.1 … 10.245.0: one /24 per node, behind those of the real ones. */
function addressPrefix(podNetwork: string, index: number): string {
  return addressText(nodeRange(podNetwork, index).first).replace(/\.0$/, "");
}

function appendLog(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, line);
}

export async function startSimulatedNodes(context: PartContext): Promise<RunningPart> {
  const { paths, settings, clock, prng, log, metrics, spans } = context;
  processMetrics(metrics, clock);
  const names = simulatedNodes(paths.name, settings);
  const tokens = nodeTokens(paths, (node) => isSimulatedNode(paths.name, node));
  const transport = nodeTransport(context);
  const kubelets = new Map<string, Kubelet>();
  const handler = kubeletHandler({ kubelets: () => kubelets, clock, log, metrics });
  const serving = readPair(paths, "simulated-nodes");
  const server = await listenFrom(
    { host: "127.0.0.1", tls: { ...serving, clientCa: readCa(paths) }, handler, log, clock },
    simulatedPort,
    false,
  );
  const eventSlots = slots(eventsInFlight);
  // What a call sets going counts for its slice: hundreds of pods that are bound at once are not started in one turn of the loop.
  const pacer = new Pacer(clock);
  const turn = (): Promise<void> => pacer.turn();
  // A killed process finds here what ran: no pod is started again for it.
  const journalOf = (node: string): string => join(paths.simulated, node, "runtime");
  for (const [index, node] of names.entries()) {
    const folder = join(paths.simulated, node);
    const podLogsDirectory = join(folder, "pod-logs");
    const token = tokens.issue(node);
    const prefix = addressPrefix(podNetworkOf(settings), realNodes(paths.name, settings).length + index);
    kubelets.set(
      node,
      createKubelet({
        client: nodeClient(transport.withToken(token), clock),
        cri: simulatedCri({ clock, prng, spans, turn, addressPrefix: prefix, writeLog: appendLog, journal: fileJournal(journalOf(node)) }),
        volumes: simulatedVolumes(),
        clock,
        prng,
        log: log.with({ node }),
        spans,
        eventSlots,
        settings: {
          nodeName: node,
          hostname: node,
          addresses: ["127.0.0.1"],
          machine: simulatedMachine,
          maxPods: 110,
          kubeletVersion: gitVersion,
          podCidr: `${prefix}.0/24`,
          port: server.port,
          rootDirectory: folder,
          podLogsDirectory,
          cgroupParent: "/simulated",
          clusterDomain: "cluster.local",
          resolvConf: "/etc/resolv.conf",
        },
      }),
    );
  }
  await Promise.all([...kubelets.values()].map((kubelet) => kubelet.ready));
  return {
    facts: { simulatedPort: server.port },
    async stop(reason) {
      await Promise.all([...kubelets.values()].map((kubelet) => kubelet.close()));
      // With the cluster its containers end, as they do on a machine that is switched off.
      if (reason === "cluster") for (const node of names) rmSync(journalOf(node), { force: true });
      await server.close(200);
      transport.close();
    },
  };
}
