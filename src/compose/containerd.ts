// The cluster's own containerd as a part: prepared here, run by the supervisor, cleared away after the last node.
// Invariant: root, state, socket, CNI folder and cgroups all carry the cluster's name; another containerd is never touched.
// Called by: cluster.ts. Next on the way: cri/containerd/, which knows containerd's own ways.

import { join } from "node:path";
import { clearLeftovers, containerdPaths, type PreparedContainerd, prepareContainerd } from "#cri";
import { pauseReference } from "#image";
import type { Clock } from "#lib";
import { cgroupProcesses, commandLine, hasCapability, mounts, processIds, processStartTime, removeCgroup, unmountBelow } from "#linux";
import { cleanupCni, cniConflist, conflistFile, networkName } from "#network";
import { podCgroup } from "./cluster.ts";
import type { StatePaths } from "./state/paths.ts";

/** Simplification: all pods of the machine's one real node lie in the first pod network. */
export const firstPodCidr = "10.244.0.0/24";

/** The ranges of all nodes. */
export const podNetwork = "10.244.0.0/16";

/** overlayfs cannot lie on overlayfs: inside a container that is the usual case. */
function snapshotterFor(directory: string): "overlayfs" | "native" {
  const holder = mounts()
    .filter((mount) => directory === mount.target || directory.startsWith(mount.target === "/" ? "/" : `${mount.target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  return holder?.fsType === "overlay" ? "native" : "overlayfs";
}

/** Where the cluster's containerd is, without touching it. */
export function containerdPlace(paths: StatePaths): { readonly socket: string; readonly snapshotter: "overlayfs" | "native" } {
  return { socket: containerdPaths(paths.containerd).socket, snapshotter: snapshotterFor(paths.directory) };
}

export function containerdFor(paths: StatePaths, clock: Clock): PreparedContainerd & { clear(): Promise<readonly string[]> } {
  const prepared = prepareContainerd({
    directory: paths.containerd,
    snapshotter: snapshotterFor(paths.directory),
    restrictOomScoreAdj: !hasCapability("CAP_SYS_RESOURCE"),
    cniBinDirectory: "/usr/lib/cni",
    sandboxImage: pauseReference,
    cni: {
      file: conflistFile,
      conflist: cniConflist({
        network: networkName(paths.name),
        podCidr: firstPodCidr,
        dataDirectory: join(paths.containerd, "cni-addresses"),
      }),
    },
  });
  return {
    ...prepared,
    async clear() {
      const left = await clearLeftovers({
        directory: paths.containerd,
        cgroup: podCgroup(paths.name),
        clock,
        kernel: { processIds, commandLine, processStartTime, unmountBelow, cgroupProcesses, removeCgroup },
        kill: (pid, signal) => process.kill(pid, signal),
      });
      // One line for the cgroups of all pods in all hierarchies: dozens of folders would hide the rest.
      const others = left.removed.filter((thing) => !thing.startsWith("cgroup "));
      // Volumes in memory: what was in them goes with the pods, as on a machine that is switched off.
      const memory = await unmountBelow(paths.nodes);
      const cgroups = left.removed.length - others.length;
      const summary = cgroups > 0 ? [`${cgroups} cgroup folders of ${podCgroup(paths.name)}`] : [];
      return [
        ...others,
        ...summary,
        ...memory.map((target) => `mount ${target}`),
        ...left.busy.map((folder) => `(not removed, still in use: ${folder})`),
        ...(await cleanupCni(networkName(paths.name))),
      ];
    },
  };
}
