// The way of pods to everything that is no pod, and between the bridges of one machine.
// Invariant: a packet from pod to pod keeps its address; one that leaves the pod network bears the machine's.
// Called by: compose/ when a node starts. Next on the way: ../rules.ts.
// One rule a node instead of the bridge plugin's chain a pod: no pod's start or end touches the packet filter, and nothing of a pod can stay there.

import { bridgeName } from "../cni/config.ts";
import { ensureRules, type Rule } from "../rules.ts";

export interface PodRoute {
  /** The node's network: see `networkName`. */
  readonly network: string;
  /** The node's own range. */
  readonly podCidr: string;
  /** The ranges of all nodes together. */
  readonly clusterCidr: string;
}

/** The last two are for machines that forward nothing by default, as after an installation of Docker; what their owner forbids stays forbidden. */
export function podRules({ network, podCidr, clusterCidr }: PodRoute): readonly Rule[] {
  const bridge = bridgeName(network);
  const leaving = ["-s", podCidr, "!", "-d", clusterCidr];
  return [
    { table: "nat", chain: "POSTROUTING", match: leaving, target: ["MASQUERADE"], place: "last" },
    { table: "filter", chain: "FORWARD", match: ["-i", bridge], target: ["ACCEPT"], place: "last" },
    { table: "filter", chain: "FORWARD", match: ["-o", bridge], target: ["ACCEPT"], place: "last" },
  ];
}

export async function routePods(route: PodRoute): Promise<void> {
  await ensureRules({ network: route.network, purpose: "pods" }, podRules(route));
}
