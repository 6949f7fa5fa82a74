// Removes what CNI plugins left of one cluster: the bridge, and NAT rules and chains that name its network.
// Invariant: a rule or chain is touched only if its comment names our network; everything else in the table stays as it is.
// Called by: `down` (through compose) after the sandboxes are gone; normally finds only the bridge. Next on the way: nothing.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "#linux";
import { undoApiRoute } from "../api/route.ts";
import { bridgeName, networkName } from "./config.ts";

const resultsFolder = "/var/lib/cni/results";

/**
 * Arguments for `iptables -t nat`, in an order that works: rules that jump to our chains, then the chains.
 * The plugins mark a rule with the comment `name: "NETWORK" id: "CONTAINER"` and a port-map rule with `dnat name: "NETWORK" …`.
 */
export function leftoverRules(save: string, network: string): readonly (readonly string[])[] {
  const mark = `name: \\"${network}\\" `;
  const deletions: string[][] = [];
  const chains = new Set<string>();
  for (const line of save.split("\n")) {
    if (!line.startsWith("-A ") || !line.includes(mark)) continue;
    const words = [...line.matchAll(/"((?:\\.|[^"])*)"|(\S+)/g)].map((match) => match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? "");
    const chain = words[1] ?? "";
    const target = words[words.indexOf("-j") + 1] ?? "";
    if (/^CNI-[0-9a-f]+$|^CNI-(DN|SN)-[0-9a-f]+$/.test(target)) chains.add(target);
    if (!/^CNI-[0-9a-f]+$/.test(chain)) deletions.push(["-D", ...words.slice(1)]);
    else chains.add(chain);
  }
  return [...deletions, ...[...chains].map((chain) => ["-F", chain]), ...[...chains].map((chain) => ["-X", chain])];
}

/** Plugins' results are kept in a folder that all networks of the machine share: ours carry the network's name and a sandbox's id. */
export function leftoverResults(names: readonly string[], network: string): readonly string[] {
  const ids = names.flatMap((name) => {
    const id = name.startsWith(`${network}-`) ? /^([0-9a-f]{64})-/.exec(name.slice(network.length + 1))?.[1] : undefined;
    return id === undefined ? [] : [id];
  });
  return names.filter((name) => ids.some((id) => name.startsWith(`${network}-${id}-`) || name === `cni-loopback-${id}-lo`));
}

/** The port-map plugin leaves its own chains, shared by all networks, behind; an empty one is nobody's, and is made again when needed. */
export function idlePortChains(save: string): readonly (readonly string[])[] {
  const lines = save.split("\n");
  const chains = ["CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-MASQ", "CNI-HOSTPORT-SETMARK"].filter((chain) =>
    lines.some((line) => line.startsWith(`:${chain} `)),
  );
  if (chains.length === 0 || lines.some((line) => line.startsWith("-A CNI-HOSTPORT-DNAT ") || line.includes("-j CNI-DN-"))) return [];
  const jumps = lines.filter((line) => line.startsWith("-A ") && chains.some((chain) => line.endsWith(` -j ${chain}`)));
  const deletions = jumps.map((line) => {
    const words = [...line.matchAll(/"((?:\\.|[^"])*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
    return ["-D", ...words.slice(1)];
  });
  return [...deletions, ...chains.map((chain) => ["-F", chain]), ...chains.map((chain) => ["-X", chain])];
}

/** Returns what was removed, in words. */
export async function cleanupCni(clusterName: string): Promise<readonly string[]> {
  const removed: string[] = [...(await undoApiRoute(clusterName))];
  const bridge = bridgeName(clusterName);
  if (existsSync(`/sys/class/net/${bridge}`)) {
    await run("ip", ["link", "delete", bridge]);
    removed.push(`interface ${bridge}`);
  }
  if (existsSync(resultsFolder)) {
    for (const name of leftoverResults(readdirSync(resultsFolder), networkName(clusterName))) {
      rmSync(join(resultsFolder, name), { force: true });
      removed.push(`CNI result ${name}`);
    }
  }
  let save = "";
  try {
    save = await run("iptables-save", ["-t", "nat"]);
  } catch {
    return removed; // no iptables on this machine: then no plugin has written rules either
  }
  for (const args of leftoverRules(save, networkName(clusterName))) {
    await run("iptables", ["-t", "nat", "-w", "5", ...args]);
    if (args[0] === "-X") removed.push(`iptables chain ${args[1]}`);
  }
  for (const args of idlePortChains(await run("iptables-save", ["-t", "nat"]))) {
    await run("iptables", ["-t", "nat", "-w", "5", ...args]);
    if (args[0] === "-X") removed.push(`iptables chain ${args[1]}`);
  }
  return removed;
}
