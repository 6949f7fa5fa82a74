// The door of compose/: state folders, bringing clusters up and down, and the parts' own beginnings.
// Invariant: importing it loads no layer above wire; what needs more is imported when it is called.
// Called by: cmd/ and cli/.

import type { ComponentName, StoreToolSettings } from "#config";
import type { Clock } from "#lib";
import type { RunningPart } from "./part.ts";
import { nodePlaces } from "./node-place.ts";
import type { ClusterSettings } from "./state/folder.ts";
import type { StatePaths } from "./state/paths.ts";
import type { PartContext } from "./context.ts";
import type { MemoryCluster, MemoryClusterOptions } from "./memory-cluster.ts";
import type { ServedCluster, ServedOptions } from "./served-memory-cluster.ts";

export { type BringUpOptions, bringUp, failureText, serverUrl, type StepEvent, type Up, UpFailed, type UpResult } from "./bring-up.ts";
export { clusterParts, type Launcher, leanEnv, partArgv, partNames, realNodes, simulatedNodes } from "./cluster.ts";
export { foreignStoreTls, prefixProblem, storeAddressProblem, storeCa, storeClient } from "./foreign-store.ts";
export type { PartContext } from "./context.ts";
export type { MemoryCluster, MemoryClusterOptions } from "./memory-cluster.ts";
export type { MemoryNodes } from "./memory-nodes.ts";
export type { ServedCluster, ServedOptions } from "./served-memory-cluster.ts";
export { type GrowingFile, growingFile, openLog, type SpanFile, spanFile } from "./files.ts";
export { lastErrors, lastLines } from "./last-errors.ts";
export { podNetworkOf, mostRealNodes, nodePlaces, ownContainerd } from "./node-place.ts";
export { type Facts, type RunningPart, runPart, type StopReason } from "./part.ts";
export {
  type ClusterSettings,
  openStateFolder,
  purgeState,
  readSettings,
  stateExists,
  stateFormat,
  writeSettings,
  writeWhole,
} from "./state/folder.ts";
export { dhowHome, enteredPaths, StateError, type StatePaths, statePaths } from "./state/paths.ts";
export { isAlive, LockedError, lockHolder, partRecords, type ProcessRecord } from "./state/processes.ts";
export { type Channel, type ChannelEvents, connectChannel, keepConnected, listenChannel, type Message } from "./supervisor/channel.ts";
export type { PartView } from "./supervisor/plan.ts";
export { readUser, type Serving, wouldServe } from "./user/decide.ts";
export type { UserRecord } from "./user/number.ts";
export { startSupervisor, type Supervisor, type SupervisorOptions } from "./supervisor/shell.ts";

export async function startControlPlane(context: PartContext): Promise<RunningPart> {
  return (await import("./control-plane.ts")).startControlPlane(context);
}

export async function startNode(context: PartContext, node: string): Promise<RunningPart> {
  return (await import("./node.ts")).startNode(context, node);
}

export async function startSimulatedNodes(context: PartContext): Promise<RunningPart> {
  return (await import("./simulated-nodes.ts")).startSimulatedNodes(context);
}

export async function memoryCluster(options: MemoryClusterOptions): Promise<MemoryCluster> {
  return (await import("./memory-cluster.ts")).memoryCluster(options);
}

export async function servedMemoryCluster(options: ServedOptions): Promise<ServedCluster> {
  return (await import("./served-memory-cluster.ts")).servedMemoryCluster(options);
}

/** Loads what a part of this kind will need, so that its `start` finds it loaded. */
export async function warmUp(kind: string): Promise<void> {
  if (kind === "control-plane") await import("./control-plane.ts");
  else if (kind === "node") await import("./node.ts");
  else if (kind === "nodes-simulated") await import("./simulated-nodes.ts");
  else if (kind === "simulation") await import("./served-memory-cluster.ts");
}

export interface ImageTarget {
  readonly node: string;
  readonly socket: string;
  readonly snapshotter: string;
}

/** The runtimes that a cluster's images go into: one a node. */
export async function imageTargets(paths: StatePaths, settings: ClusterSettings): Promise<readonly ImageTarget[]> {
  const { containerdPlace } = await import("./containerd.ts");
  return nodePlaces(paths, settings).map((place) => {
    const own = containerdPlace(place);
    return { node: place.node, ...own, ...(settings.cri === undefined ? {} : { socket: settings.cri.replace(/^unix:\/\//, "") }) };
  });
}

/** A component alone; `settings` as its flag table says. */
export async function runComponent(name: ComponentName, settings: unknown): Promise<RunningPart> {
  return (await import("./components.ts")).startComponent(name, settings);
}

/** `dhow store check` and its like, on a folder that nobody has open. */
export async function runStoreTool(verb: string, settings: StoreToolSettings): Promise<void> {
  return (await import("./store-tools.ts")).runStoreTool(verb, settings);
}

/** Makes the keys and certificates that are missing. */
export async function makeKeys(paths: StatePaths, nodes: readonly string[], clock: Clock): Promise<void> {
  const [{ hostname }, { ensurePki }, { primaryAddress }] = await Promise.all([
    import("node:os"),
    import("./state/make-pki.ts"),
    import("#linux"),
  ]);
  const addresses = [...new Set(["127.0.0.1", "::1", "10.96.0.1", primaryAddress()])];
  await ensurePki(paths, { clock, hostNames: [hostname()], addresses, nodes });
}
