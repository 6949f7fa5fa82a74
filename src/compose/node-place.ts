// Where the things of one real node are: its containerd's folder, its network, its cgroups, its range of addresses.
// Invariant: no two nodes share any of it, so that the death of one node's containerd or agent is that node's alone; all follows from the number.
// Called by: cluster.ts, containerd.ts, node.ts, cli/image. Next on the way: containerd.ts.
// The first node bears no number: a cluster of one node is what it was before there were others.

import { existsSync, readdirSync } from "node:fs";
import { firstPodNetwork, nodeRange, rangeText } from "#network";
import type { ClusterSettings } from "./state/folder.ts";
import type { StatePaths } from "./state/paths.ts";

export interface NodePlace {
  /** From 1. */
  readonly index: number;
  readonly node: string;
  /** The part that runs its containerd. */
  readonly containerdPart: string;
  /** The folder of its containerd. */
  readonly containerd: string;
  /** Parent of the cgroups of its pods. */
  readonly cgroup: string;
  readonly podCidr: string;
}

/** The ranges of all nodes together. Clusters from before there was a choice say nothing. */
export function podNetworkOf({ podNetwork }: Pick<ClusterSettings, "podNetwork">): string {
  return podNetwork ?? firstPodNetwork;
}

/** One range each. */
export const mostRealNodes = 256;

export function nodePlace(paths: StatePaths, index: number, podNetwork = firstPodNetwork): NodePlace {
  const numbered = (text: string, mark: string): string => (index === 1 ? text : `${text}${mark}${index}`);
  return {
    index,
    node: `${paths.name}-${index}`,
    containerdPart: numbered("containerd", "-"),
    containerd: numbered(paths.containerd, "-"),
    // No cluster's name has an underscore: node 2 of `x` is not the first of `x-2`.
    cgroup: numbered(`/dhow-${paths.name}`, "_"),
    podCidr: rangeText(nodeRange(podNetwork, index - 1)),
  };
}

const count = (settings: ClusterSettings): number => (settings.runtime === "containerd" ? settings.nodes : 0);

/** Nodes with a process, a certificate and a runtime of their own. */
export function nodePlaces(paths: StatePaths, settings: ClusterSettings): readonly NodePlace[] {
  return Array.from({ length: count(settings) }, (_, index) => nodePlace(paths, index + 1, podNetworkOf(settings)));
}

export function ownContainerd(settings: ClusterSettings): boolean {
  return count(settings) > 0 && settings.cri === undefined;
}

/** Places of nodes that the cluster had with other settings. */
export function strayPlaces(paths: StatePaths, settings: ClusterSettings): readonly NodePlace[] {
  const wanted = ownContainerd(settings) ? settings.nodes : 0;
  const folders = existsSync(paths.directory) ? readdirSync(paths.directory) : [];
  const numbers = folders.flatMap((name) => {
    const found = /^containerd(?:-([1-9][0-9]*))?$/.exec(name);
    return found ? [Number(found[1] ?? 1)] : [];
  });
  return numbers
    .filter((index) => index > wanted)
    .toSorted((a, b) => a - b)
    .map((index) => nodePlace(paths, index));
}
