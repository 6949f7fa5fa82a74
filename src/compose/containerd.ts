// The cluster's own containerd as a part: prepared here, run by the supervisor, cleared away after the last node.
// Invariant: root, state, socket, CNI folder and cgroups all carry the cluster's name; another containerd is never touched.
// Called by: cluster.ts. Next on the way: cri/containerd/, which knows containerd's own ways.

import { join } from "node:path";
import { clearLeftovers, type PreparedContainerd, prepareContainerd } from "#cri";
import { pauseReference } from "#image";
import type { Clock } from "#lib";
import { cgroupProcesses, commandLine, hasCapability, mounts, processIds, processStartTime, removeCgroup, unmountBelow } from "#linux";
import { cleanupCni, cniConflist, conflistFile } from "#network";
import { podCgroup } from "./cluster.ts";
import type { StatePaths } from "./state/paths.ts";

/** Simplification: all pods of the machine's one real node lie in the first pod network. */
export const firstPodCidr = "10.244.0.0/24";

/** overlayfs cannot lie on overlayfs: inside a container that is the usual case. */
function snapshotterFor(directory: string): "overlayfs" | "native" {
  const holder = mounts()
    .filter((mount) => directory === mount.target || directory.startsWith(mount.target === "/" ? "/" : `${mount.target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  return holder?.fsType === "overlay" ? "native" : "overlayfs";
}

export function containerdFor(
  paths: StatePaths,
  clock: Clock,
): PreparedContainerd & { clear(): Promise<readonly string[]>; snapshotter: string } {
  const snapshotter = snapshotterFor(paths.directory);
  const prepared = prepareContainerd({
    directory: paths.containerd,
    snapshotter,
    restrictOomScoreAdj: !hasCapability("CAP_SYS_RESOURCE"),
    cniBinDirectory: "/usr/lib/cni",
    sandboxImage: pauseReference,
    cni: {
      file: conflistFile,
      conflist: cniConflist({ clusterName: paths.name, podCidr: firstPodCidr, dataDirectory: join(paths.containerd, "cni-addresses") }),
    },
  });
  return {
    ...prepared,
    snapshotter,
    async clear() {
      const left = await clearLeftovers({
        directory: paths.containerd,
        cgroup: podCgroup(paths.name),
        clock,
        kernel: { processIds, commandLine, processStartTime, unmountBelow, cgroupProcesses, removeCgroup },
        kill: (pid, signal) => process.kill(pid, signal),
      });
      return [...left.removed, ...(await cleanupCni(paths.name))];
    },
  };
}
