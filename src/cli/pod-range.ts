// The addresses that a cluster's pods will have on this machine: asked for, kept from last time, or the first that nobody has.
// Invariant: reads only. A cluster keeps its range for life, since its nodes bear it; one that meets another's is refused, not repaired.
// Called by: up.ts. Next on the way: network/pods/range.ts.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type ClusterSettings, mostRealNodes, podNetworkOf, readSettings, statePaths } from "#compose";
import type { Route } from "#linux";
import { firstPodNetwork, freePodNetwork, ownBridges, parsePodNetwork, rangeHolders, rangeText } from "#network";

export interface PodRangeOptions {
  readonly name: string;
  readonly podNetworkCidr?: string;
}

export interface PodRange {
  readonly podNetwork?: string;
  readonly words: readonly string[];
  readonly problems: readonly string[];
}

/** Only nodes with bridges of ours have such a range. */
export const hasBridges = ({ runtime, nodes, cri }: Pick<ClusterSettings, "runtime" | "nodes" | "cri">): boolean =>
  runtime === "containerd" && nodes > 0 && cri === undefined;

/** What the other clusters of this home have chosen; they may have no bridge yet. */
export function takenPodNetworks(home: string, name: string): readonly string[] {
  const others = existsSync(home) ? readdirSync(home).filter((one) => one !== name && existsSync(join(home, one, "format"))) : [];
  return others.flatMap((one) => {
    try {
      const settings = readSettings(statePaths(home, one));
      return settings && hasBridges(settings) ? [podNetworkOf(settings)] : [];
    } catch {
      return []; // Another cluster's spoiled settings are no reason to refuse this one; its bridges still count.
    }
  });
}

const held = (podNetwork: string, holders: readonly Route[]): readonly string[] => {
  const [first] = holders;
  if (first === undefined) return [];
  const device = `${first.device}, which has the route to ${rangeText(first)}`;
  return [
    `pod addresses ${podNetwork}: taken by ${device}. Left over from a cluster that is gone: \`ip link delete ${first.device}\`; else --pod-network-cidr chooses others for a new cluster`,
  ];
};

/** What the flag says, then what the cluster has, then the first free range. */
export function choosePodRange(
  options: PodRangeOptions,
  settings: ClusterSettings,
  previous: ClusterSettings | undefined,
  routes: readonly Route[],
  taken: readonly string[],
): PodRange {
  const { podNetworkCidr: asked } = options;
  const refused = (problem: string): PodRange => ({ words: [], problems: [problem] });
  if (!hasBridges(settings)) {
    if (asked === undefined) return { words: [], problems: [] };
    return refused(`--pod-network-cidr ${asked}: only nodes with a containerd of dhow's own get their pods' addresses from it`);
  }
  if (asked !== undefined && !parsePodNetwork(asked))
    return refused(`--pod-network-cidr ${asked}: allowed is an IPv4 network of 65,536 addresses, such as ${firstPodNetwork}`);
  const had = previous && hasBridges(previous) ? podNetworkOf(previous) : undefined;
  if (had !== undefined && asked !== undefined && asked !== had)
    return refused(`--pod-network-cidr ${asked}: this cluster's nodes have ${had}; another --name, or \`dhow down --purge\``);
  const kept = had ?? asked;
  if (kept !== undefined) {
    // Only what had bridges can have bridges of its own: those of a namesake elsewhere are somebody else's.
    const own = had === undefined ? new Set<string>() : ownBridges(options.name, mostRealNodes);
    return { podNetwork: kept, words: [], problems: held(kept, rangeHolders(kept, routes, own)) };
  }
  const podNetwork = freePodNetwork(routes, taken);
  if (podNetwork === undefined)
    return refused("pod addresses: 10.244.0.0/16 to 10.255.0.0/16 are all taken on this machine; --pod-network-cidr chooses others");
  const words = podNetwork === firstPodNetwork ? [] : [`pod addresses: ${podNetwork} (${firstPodNetwork} is taken on this machine)`];
  return { podNetwork, words, problems: [] };
}
