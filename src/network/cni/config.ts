// The CNI configuration of one node: a bridge, addresses from the node's podCIDR, host ports.
// Invariant: the bridge's and network's names tell the cluster they belong to, so that `down` removes these and nothing else.
// Called by: compose/ before the node's runtime starts. Next on the way: cleanup.ts. Format: CNI specification 0.4.0.

import { createHash } from "node:crypto";

export interface CniSettings {
  /** See `networkName`. */
  readonly network: string;
  readonly podCidr: string;
  /** Where host-local keeps which address is taken. */
  readonly dataDirectory: string;
  readonly mtu?: number;
}

/**
 * The network of one node of a cluster: the first bears the cluster's name alone, the others a number behind it.
 * No name of a cluster holds an underscore, so no two nodes of any clusters meet.
 */
export function networkName(clusterName: string, node = 1): string {
  return node === 1 ? `dhow-${clusterName}` : `dhow-${clusterName}_${node}`;
}

/** At most 15 characters, the kernel's limit for an interface name. */
export function bridgeName(network: string): string {
  if (network.length <= 15 && /^[a-z0-9_-]+$/.test(network)) return network;
  return `dhow-${createHash("sha256").update(network.slice("dhow-".length)).digest("hex").slice(0, 8)}`;
}

/** The one file of the node's CNI folder. */
export const conflistFile = "10-dhow.conflist";

export function cniConflist(settings: CniSettings): object {
  return {
    cniVersion: "0.4.0",
    name: settings.network,
    plugins: [
      {
        type: "bridge",
        bridge: bridgeName(settings.network),
        isGateway: true,
        isDefaultGateway: true,
        // The node has one rule for all its pods: pods/route.ts.
        ipMasq: false,
        hairpinMode: true,
        ...(settings.mtu === undefined ? {} : { mtu: settings.mtu }),
        ipam: { type: "host-local", ranges: [[{ subnet: settings.podCidr }]], dataDir: settings.dataDirectory },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}
