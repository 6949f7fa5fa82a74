// Removes what is left of one node's network: the bridge, our rules, and NAT rules and chains of plugins that were cut off.
// Invariant: a rule or chain with anything in it is touched only if its comment names our network; everything else stays as it is.
// Called by: `down` (through compose) after the sandboxes are gone; normally finds the bridge and our rules. Next on the way: nothing.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "#linux";
import { undoRules, wordsOf } from "../rules.ts";
import { bridgeName } from "./config.ts";

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
    const words = wordsOf(line);
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
  const deletions = jumps.map((line) => ["-D", ...wordsOf(line).slice(1)]);
  return [...deletions, ...chains.map((chain) => ["-F", chain]), ...chains.map((chain) => ["-X", chain])];
}

/** Chains of the port-map plugin with nothing in them and no way to them: it was cut off between emptying and removing one. */
export function strandedPortChains(save: string): readonly string[] {
  const lines = save.split("\n");
  const chains = lines.flatMap((line) => /^:(CNI-DN-[0-9a-f]+) /.exec(line)?.[1] ?? []);
  return chains.filter((chain) => !lines.some((line) => line.startsWith(`-A ${chain} `) || line.endsWith(` -j ${chain}`)));
}

async function removeLink(bridge: string): Promise<readonly string[]> {
  if (!existsSync(`/sys/class/net/${bridge}`)) return [];
  await run("ip", ["link", "delete", bridge]);
  return [`interface ${bridge}`];
}

function removeResults(network: string): readonly string[] {
  if (!existsSync(resultsFolder)) return [];
  const names = leftoverResults(readdirSync(resultsFolder), network);
  for (const name of names) rmSync(join(resultsFolder, name), { force: true });
  return names.map((name) => `CNI result ${name}`);
}

/** `network`: see `networkName`. Returns what was removed, in words. */
export async function cleanupCni(network: string): Promise<readonly string[]> {
  const removed: string[] = [...(await undoRules(network)), ...(await removeLink(bridgeName(network))), ...removeResults(network)];
  let save = "";
  try {
    save = await run("iptables-save", ["-t", "nat"]);
  } catch {
    return removed; // no iptables on this machine: then no plugin has written rules either
  }
  const nat = async (args: readonly string[]): Promise<void> => {
    await run("iptables", ["-t", "nat", "-w", "5", ...args]);
    if (args[0] === "-X") removed.push(`iptables chain ${args[1]}`);
  };
  for (const args of leftoverRules(save, network)) await nat(args);
  const now = await run("iptables-save", ["-t", "nat"]);
  // Stranded in both pictures: a chain that somebody else's plugin is just filling was in neither or is no longer empty.
  const before = strandedPortChains(save);
  for (const chain of strandedPortChains(now).filter((one) => before.includes(one))) await nat(["-X", chain]).catch(() => undefined);
  for (const args of idlePortChains(now)) await nat(args);
  return removed;
}
