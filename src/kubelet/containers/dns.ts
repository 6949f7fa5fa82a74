// What a pod's resolv.conf says.
// Invariant: `podDns` reads nothing by itself; upstream's rules: the policy chooses the base, dnsConfig adds to it; options of one name: the pod's wins.
// Called by: config.ts. Next on the way: the runtime writes the file.

import { readFileSync } from "node:fs";
import type { Pod } from "#api";
import type { DnsConfig } from "#cri";
import type { KubeletSettings } from "../settings.ts";

const nothing: DnsConfig = { servers: [], searches: [], options: [] };
const most = { servers: 3, searches: 32 } as const;

export function parseResolvConf(text: string): DnsConfig {
  const words = text.split("\n").map((line) =>
    line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/),
  );
  const of = (word: string): string[][] => words.filter(([first]) => first === word).map(([, ...rest]) => rest);
  return {
    servers: of("nameserver").flatMap((rest) => rest.slice(0, 1)),
    searches: of("search").at(-1) ?? [],
    options: of("options").flat(),
  };
}

export function readResolvConf(path: string): DnsConfig {
  try {
    return parseResolvConf(readFileSync(path, "utf8"));
  } catch {
    return nothing;
  }
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];
const optionName = (option: string): string => option.split(":")[0]!;

/** `readHostDns`: most pods take the node's own file as it is, and nobody reads it. */
export function podDns(pod: Pod, settings: KubeletSettings, readHostDns: () => DnsConfig): DnsConfig | undefined {
  const { dnsPolicy = "ClusterFirst", dnsConfig, hostNetwork } = pod.spec ?? {};
  const { clusterDns = [], clusterDomain } = settings;
  const cluster = (dnsPolicy === "ClusterFirst" && !hostNetwork) || dnsPolicy === "ClusterFirstWithHostNet";
  let base: DnsConfig;
  if (dnsPolicy === "None") base = nothing;
  else if (cluster && clusterDns.length > 0) {
    const hostDns = readHostDns();
    const searches = [`${pod.metadata.namespace ?? ""}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
    base = { servers: clusterDns, searches: unique([...searches, ...hostDns.searches]), options: ["ndots:5"] };
  } else if (!dnsConfig)
    return undefined; // The runtime copies the node's own file.
  else base = readHostDns();
  const added = (dnsConfig?.options ?? []).map((one) => (one.value ? `${one.name ?? ""}:${one.value}` : (one.name ?? "")));
  const names = new Set(added.map(optionName));
  return {
    servers: unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]).slice(0, most.servers),
    searches: unique([...base.searches, ...(dnsConfig?.searches ?? [])]).slice(0, most.searches),
    options: [...base.options.filter((option) => !names.has(optionName(option))), ...added],
  };
}
