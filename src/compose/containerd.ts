// A node's own containerd as a part: prepared here, run by the supervisor, cleared away after the last node.
// Invariant: root, state, socket, CNI folder and cgroups are this node's alone; another containerd is never touched.
// Called by: cluster.ts. Next on the way: cri/containerd/, which knows containerd's own ways.

import { join } from "node:path";
import {
  clearLeftovers,
  containerdContainers,
  containerdPaths,
  discardInput,
  endStrays,
  type PreparedContainerd,
  prepareContainerd,
} from "#cri";
import { pauseReference } from "#image";
import type { Clock, Log } from "#lib";
import {
  cgroupProcesses,
  commandLine,
  hasCapability,
  mounts,
  parentProcess,
  processCgroups,
  processIds,
  processStartTime,
  removeCgroup,
  removeEmptyCgroup,
  unixSockets,
  unmountBelow,
} from "#linux";
import { cleanupCni, cniConflist, conflistFile, networkName } from "#network";
import type { NodePlace } from "./node-place.ts";
import type { StatePaths } from "./state/paths.ts";

/** overlayfs cannot lie on overlayfs: inside a container that is the usual case. */
function snapshotterFor(directory: string): "overlayfs" | "native" {
  const holder = mounts()
    .filter((mount) => directory === mount.target || directory.startsWith(mount.target === "/" ? "/" : `${mount.target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  return holder?.fsType === "overlay" ? "native" : "overlayfs";
}

/** Where the node's containerd is, without touching it. */
export function containerdPlace({ containerd }: NodePlace): { readonly socket: string; readonly snapshotter: "overlayfs" | "native" } {
  return { socket: containerdPaths(containerd).socket, snapshotter: snapshotterFor(containerd) };
}

export function containerdFor(
  paths: StatePaths,
  place: NodePlace,
  clock: Clock,
  ociRuntime?: string,
): PreparedContainerd & { clear(): Promise<readonly string[]> } {
  const network = networkName(paths.name, place.index);
  const prepared = prepareContainerd({
    directory: place.containerd,
    snapshotter: snapshotterFor(place.containerd),
    restrictOomScoreAdj: !hasCapability("CAP_SYS_RESOURCE"),
    cniBinDirectory: "/usr/lib/cni",
    sandboxImage: pauseReference,
    ...(ociRuntime === undefined ? {} : { runtimeBinary: ociRuntime }),
    cni: {
      file: conflistFile,
      conflist: cniConflist({ network, podCidr: place.podCidr, dataDirectory: join(place.containerd, "cni-addresses") }),
    },
  });
  return { ...prepared, clear: () => clearNode(paths, place, clock) };
}

/** Deletions come in crowds; one look serves them all, and what was deleted ends in peace before. */
const strayPauseMs = 1000;

/** Ends what the node's containerd has lost, in the background. */
export function strayEnder({ containerd, cgroup }: NodePlace, clock: Clock, log: Log): () => void {
  const own = { parentProcess, unixSockets, processCgroups, removeEmptyCgroup };
  const kernel = { ...own, processIds, commandLine, processStartTime, cgroupProcesses };
  const containers = (): Promise<ReadonlySet<string>> => containerdContainers(containerdPaths(containerd).socket, clock);
  let waiting = false;
  const look = async (): Promise<void> => {
    waiting = false;
    try {
      const kill = (pid: number, signal: "SIGKILL"): void => void process.kill(pid, signal);
      const ended = await endStrays({ directory: containerd, cgroup, clock, kernel, containers, kill });
      if (ended.length > 0) log.warn("ended what containerd had lost", { ended });
    } catch (error) {
      log.warn("could not look for what containerd has lost; its next start will be another chance", { error });
    }
  };
  return () => {
    if (waiting) return;
    waiting = true;
    clock.after(strayPauseMs, () => void look());
  };
}

/** Lets containerd tell how a process ended that has not read all its input, in the background. */
export function inputTaker({ containerd }: NodePlace, clock: Clock, log: Log): (containerId: string, execId: string) => void {
  return (containerId, execId) =>
    void discardInput({ directory: containerd, containerId, execId, clock }).then(
      (bytes) => {
        if (bytes > 0) log.debug("a process ended with input unread", { containerId, execId, bytes });
      },
      (error: unknown) => log.warn("could not take unread input out of the way", { containerId, execId, error }),
    );
}

/** Whatever one node left on the machine, in words. Its containerd has ended. */
export async function clearNode(paths: StatePaths, place: NodePlace, clock: Clock): Promise<readonly string[]> {
  const left = await clearLeftovers({
    directory: place.containerd,
    cgroup: place.cgroup,
    clock,
    kernel: { processIds, commandLine, processStartTime, unmountBelow, cgroupProcesses, removeCgroup },
    kill: (pid, signal) => process.kill(pid, signal),
  });
  // One line for the cgroups of all pods in all hierarchies: dozens of folders would hide the rest.
  const others = left.removed.filter((thing) => !thing.startsWith("cgroup "));
  // Volumes in memory: what was in them goes with the pods, as on a machine that is switched off.
  const memory = await unmountBelow(join(paths.nodes, place.node));
  const cgroups = left.removed.length - others.length;
  const summary = cgroups > 0 ? [`${cgroups} cgroup folders of ${place.cgroup}`] : [];
  return [
    ...others,
    ...summary,
    ...memory.map((target) => `mount ${target}`),
    ...left.busy.map((folder) => `(not removed, still in use: ${folder})`),
    ...(await cleanupCni(networkName(paths.name, place.index))),
  ];
}
