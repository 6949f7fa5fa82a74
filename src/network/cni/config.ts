// The CNI configuration of one node: a bridge, addresses from the node's podCIDR, host ports.
// Invariant: the bridge's and network's names tell the cluster they belong to, so that `down` removes these and nothing else.
// Called by: compose/ before the node's runtime starts. Next on the way: cleanup.ts. Format: CNI specification 0.4.0.

import { createHash } from "node:crypto";

export interface CniSettings {
  readonly clusterName: string;
  readonly podCidr: string;
  /** Where host-local keeps which address is taken. */
  readonly dataDirectory: string;
  readonly mtu?: number;
}

/** At most 15 characters, the kernel's limit for an interface name. */
export function bridgeName(clusterName: string): string {
  const plain = `dhow-${clusterName}`;
  if (plain.length <= 15 && /^[a-z0-9-]+$/.test(plain)) return plain;
  return `dhow-${createHash("sha256").update(clusterName).digest("hex").slice(0, 8)}`;
}

export function networkName(clusterName: string): string {
  return `dhow-${clusterName}`;
}

/** The one file of the node's CNI folder. */
export const conflistFile = "10-dhow.conflist";

export function cniConflist(settings: CniSettings): object {
  return {
    cniVersion: "0.4.0",
    name: networkName(settings.clusterName),
    plugins: [
      {
        type: "bridge",
        bridge: bridgeName(settings.clusterName),
        isGateway: true,
        isDefaultGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ...(settings.mtu === undefined ? {} : { mtu: settings.mtu }),
        ipam: { type: "host-local", ranges: [[{ subnet: settings.podCidr }]], dataDir: settings.dataDirectory },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}
