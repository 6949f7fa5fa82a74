// The hosts file of a pod.
// Invariant: pure; upstream's lines. A pod in the host's network sees the host's own file, and its aliases below.
// Called by: host.ts. Next on the way: host.ts writes it, containers/mounts.ts mounts it.

import type { Pod } from "#api";
import { podHostname } from "../containers/hostname.ts";

function aliases(pod: Pod): string {
  const all = pod.spec?.hostAliases ?? [];
  if (all.length === 0) return "";
  return `\n# Entries added by HostAliases.\n${all.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join("\t")}\n`).join("")}`;
}

export function hostsText(pod: Pod, podIps: readonly string[], clusterDomain: string): string {
  const { name, domain } = podHostname(pod, clusterDomain);
  const names = domain === "" ? name : `${name}.${domain}\t${name}`;
  const lines = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    ...podIps.map((ip) => `${ip}\t${names}`),
  ];
  return `${lines.join("\n")}\n${aliases(pod)}`;
}

export function hostNetworkHostsText(pod: Pod, hostFile: string): string {
  return `# Kubernetes-managed hosts file (host network).\n${hostFile}${aliases(pod)}`;
}
