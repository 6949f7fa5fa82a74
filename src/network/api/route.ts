// The way from a pod to the API server: the address of the Service `kubernetes`, led to where the API server listens.
// Invariant: only this one address and port, only from this cluster's bridge and this machine; each rule carries the cluster's name.
// Called by: compose/ when a node starts; `undoApiRoute` by `down`. Next on the way: the API server on the loopback interface.
// Simplification: a Service proxy in one rule. It goes when there is a real one.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { run } from "#linux";
import { bridgeName } from "../cni/config.ts";

export interface ApiRoute {
  readonly clusterName: string;
  /** Where pods look for the API server. */
  readonly clusterIp: string;
  readonly clusterPort: number;
  /** Where it is, on 127.0.0.1. */
  readonly port: number;
}

export interface Rule {
  readonly table: "nat" | "filter";
  readonly chain: string;
  readonly args: readonly string[];
}

const comment = (clusterName: string): string => `dhow-${clusterName}: kubernetes API`;

/** Loopback addresses are let in from the bridge only for packets that these rules have sent there. */
export function apiRules(route: ApiRoute): readonly Rule[] {
  const bridge = bridgeName(route.clusterName);
  const mark = ["-m", "comment", "--comment", comment(route.clusterName)];
  const what = ["-d", `${route.clusterIp}/32`, "-p", "tcp", "-m", "tcp", "--dport", String(route.clusterPort)];
  const where = ["-j", "DNAT", "--to-destination", `127.0.0.1:${route.port}`];
  const strangers = ["-m", "conntrack", "!", "--ctstate", "DNAT"];
  return [
    { table: "nat", chain: "PREROUTING", args: ["-i", bridge, ...what, ...mark, ...where] },
    { table: "nat", chain: "OUTPUT", args: [...what, ...mark, ...where] },
    { table: "filter", chain: "INPUT", args: ["-d", "127.0.0.0/8", "-i", bridge, ...strangers, ...mark, "-j", "DROP"] },
  ];
}

/** Arguments that remove every rule of the cluster from what iptables-save printed of one table. */
export function ownRules(save: string, clusterName: string): readonly (readonly string[])[] {
  const wanted = comment(clusterName);
  return save.split("\n").flatMap((line) => {
    if (!line.startsWith("-A ")) return [];
    const words = [...line.matchAll(/"((?:\\.|[^"])*)"|(\S+)/g)].map((match) => match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? "");
    return words[words.indexOf("--comment") + 1] === wanted ? [["-D", ...words.slice(1)]] : [];
  });
}

async function ensureBridge(bridge: string): Promise<void> {
  if (!existsSync(`/sys/class/net/${bridge}`)) await run("ip", ["link", "add", bridge, "type", "bridge"]);
  // Packets of pods are to reach 127.0.0.1: the kernel refuses this unless told otherwise, interface by interface.
  const setting = `/proc/sys/net/ipv4/conf/${bridge}/route_localnet`;
  if (readFileSync(setting, "latin1").trim() !== "1") writeFileSync(setting, "1");
}

/** Makes the bridge where it is missing, and the rules. Equal rules that are there already stay untouched. */
export async function routeApi(route: ApiRoute): Promise<void> {
  await ensureBridge(bridgeName(route.clusterName));
  for (const table of ["nat", "filter"] as const) {
    const rules = apiRules(route).filter((rule) => rule.table === table);
    const there = ownRules(await run("iptables-save", ["-t", table]), route.clusterName);
    const missing = rules.filter((rule) => !there.some((args) => args[1] === rule.chain && args.includes(rule.args.at(-1)!)));
    if (missing.length === 0 && there.length === rules.length) continue;
    for (const args of there) await run("iptables", ["-t", table, "-w", "5", ...args]);
    for (const { chain, args } of rules) await run("iptables", ["-t", table, "-w", "5", "-I", chain, "1", ...args]);
  }
}

/** Returns what was removed, in words. */
export async function undoApiRoute(clusterName: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const table of ["nat", "filter"] as const) {
    let save = "";
    try {
      save = await run("iptables-save", ["-t", table]);
    } catch {
      continue; // no iptables on this machine: then there are no rules either
    }
    for (const args of ownRules(save, clusterName)) {
      await run("iptables", ["-t", table, "-w", "5", ...args]);
      removed.push(`iptables rule in ${table} ${args[1]}`);
    }
  }
  return removed;
}
