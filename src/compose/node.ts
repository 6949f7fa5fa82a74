// A node with a process of its own: runtime, kubelet, the kubelet's HTTPS API.
// Invariant: the agent may die and come back at any time without a container noticing; only the end of the cluster stops pods.
// Called by: cmd/part.ts, cmd/component.ts. Next on the way: kubelet/kubelet.ts.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "#api";
import type { Client } from "#client";
import { gitVersion } from "#config";
import { connectCri, type Cri, imageVisible, runtimeReady, stopSandboxes } from "#cri";
import { loadImage, pauseArchive, pauseReference } from "#image";
import { createKubelet, hostVolumes, type Kubelet, kubeletHandler } from "#kubelet";
import { machineFacts, primaryAddress, unmountBelow } from "#linux";
import { networkName, routeApi, routePods } from "#network";
import { containerdPlace, inputTaker, strayEnder } from "./containerd.ts";
import type { PartContext } from "./context.ts";
import { listenFrom } from "./listen.ts";
import { nodeClient, nodeTransport } from "./node-client.ts";
import { type NodePlace, nodePlaces, podNetworkOf } from "./node-place.ts";
import type { RunningPart } from "./part.ts";
import { processMetrics } from "./process-metrics.ts";
import { sharedRuntime } from "./shared-runtime.ts";
import { readCa, readPair } from "./state/pki.ts";

/** The first node's; the others' follow. */
const firstKubeletPort = 10250;
const clusterDomain = "cluster.local";
const runtimeReadyMs = 30_000;

/** The sandbox image is made here, by us, once per containerd; nothing is pulled. */
async function ensurePauseImage({ clock }: PartContext, place: NodePlace, cri: Cri, socket: string): Promise<void> {
  if (await cri.imageStatus(pauseReference)) return;
  const file = join(place.containerd, "pause.tar");
  writeFileSync(file, pauseArchive(process.arch === "arm64" ? "arm64" : "amd64"));
  await loadImage(file, { socket, snapshotter: containerdPlace(place).snapshotter });
  await imageVisible(cri, pauseReference, { clock, timeoutMs: runtimeReadyMs });
}

/** Ways out of the pods' network; a machine without packet filters has none. */
async function routeNode({ paths, settings, facts, log }: PartContext, { index, podCidr }: NodePlace, client: Client): Promise<void> {
  const network = networkName(paths.name, index);
  const { spec } = await client.resource<Service>("services").get("default", "kubernetes");
  const [clusterIp, clusterPort] = [spec?.clusterIP ?? "", spec?.ports?.[0]?.port ?? 443];
  try {
    await routePods({ network, podCidr, clusterCidr: podNetworkOf(settings) });
    await routeApi({ network, clusterIp, clusterPort, port: Number(facts["port"]) });
  } catch (error) {
    log.warn("pods reach neither the API server at the address of the Service kubernetes nor anything outside", { clusterIp, error });
  }
}

export async function startNode(context: PartContext, node: string): Promise<RunningPart> {
  const { paths, settings, facts, clock, prng, log, metrics, spans } = context;
  processMetrics(metrics, clock);
  const place = nodePlaces(paths, settings).find((one) => one.node === node);
  if (!place) throw new Error(`cluster "${paths.name}" has no node ${node}`);
  const pair = readPair(paths, `node-${node}`);
  const transport = nodeTransport(context, pair);
  const client = nodeClient(transport, clock);
  const foreign = settings.cri?.replace(/^unix:\/\//, "");
  const socket = foreign ?? String(facts["containerdSocket"]);
  const runtime = await connectCri(socket, { clock, prng, spans });
  const cri = foreign === undefined ? runtime : sharedRuntime(runtime, paths.name);
  context.progress("waiting for the container runtime");
  await runtimeReady(socket, cri, { clock, timeoutMs: runtimeReadyMs });
  if (foreign === undefined) await ensurePauseImage(context, place, cri, socket);

  const folder = join(paths.nodes, node);
  const podLogsDirectory = join(folder, "pod-logs");
  for (const one of [folder, podLogsDirectory]) if (!existsSync(one)) mkdirSync(one, { recursive: true, mode: 0o711 });
  const machine = machineFacts(folder);
  const address = primaryAddress();
  const kubelets = new Map<string, Kubelet>();
  const handler = kubeletHandler({ kubelets: () => kubelets, clock, log, metrics });
  const server = await listenFrom(
    { host: "0.0.0.0", tls: { ...pair, clientCa: readCa(paths) }, handler, log, clock },
    firstKubeletPort + place.index - 1,
    false,
  );
  if (foreign === undefined) await routeNode(context, place, client);
  context.progress("registering the node");
  const kubelet = createKubelet({
    client,
    cri,
    ...(foreign === undefined ? { endStrays: strayEnder(place, clock, log), execEnded: inputTaker(place, clock, log) } : {}),
    clock,
    prng,
    log,
    spans,
    volumes: hostVolumes({ rootDirectory: folder, client, clock, prng, log, machine, hostIps: [address], clusterDomain }),
    settings: {
      nodeName: node,
      // The machine may hold several nodes: each is called as upstream's agent would be by --hostname-override.
      hostname: node,
      addresses: [address],
      machine,
      maxPods: 110,
      kubeletVersion: gitVersion,
      podCidr: place.podCidr,
      port: server.port,
      rootDirectory: folder,
      podLogsDirectory,
      cgroupParent: place.cgroup,
      clusterDomain,
      resolvConf: "/etc/resolv.conf",
    },
  });
  kubelets.set(node, kubelet);
  await kubelet.ready;
  return {
    facts: { [`kubeletPort.${node}`]: server.port },
    async stop(reason) {
      await kubelet.close();
      if (reason === "cluster") {
        for (const error of await stopSandboxes(cri, { graceSeconds: 2 })) log.warn("sandbox did not stop", { error });
        await unmountBelow(folder);
      }
      await server.close(500);
      transport.close();
    },
  };
}
