// The way from a pod to the API server: the address of the Service `kubernetes`, led to where the API server listens.
// Invariant: only this one address and port, only from this node's bridge and this machine; each rule carries the network's name.
// Called by: compose/ when a node starts. Next on the way: ../rules.ts; then the API server on the loopback interface.
// Simplification: a Service proxy in one rule. It goes when there is a real one.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { run } from "#linux";
import { bridgeName } from "../cni/config.ts";
import { ensureRules, type Rule } from "../rules.ts";

export interface ApiRoute {
  /** The node's network: see `networkName`. */
  readonly network: string;
  /** Where pods look for the API server. */
  readonly clusterIp: string;
  readonly clusterPort: number;
  /** Where it is, on 127.0.0.1. */
  readonly port: number;
}

/** Loopback addresses are let in from the bridge only for packets that these rules have sent there. */
export function apiRules(route: ApiRoute): readonly Rule[] {
  const bridge = bridgeName(route.network);
  const what = ["-d", `${route.clusterIp}/32`, "-p", "tcp", "-m", "tcp", "--dport", String(route.clusterPort)];
  const target = ["DNAT", "--to-destination", `127.0.0.1:${route.port}`];
  const strangers = ["-d", "127.0.0.0/8", "-i", bridge, "-m", "conntrack", "!", "--ctstate", "DNAT"];
  return [
    { table: "nat", chain: "PREROUTING", match: ["-i", bridge, ...what], target, place: "first" },
    { table: "nat", chain: "OUTPUT", match: what, target, place: "first" },
    { table: "filter", chain: "INPUT", match: strangers, target: ["DROP"], place: "first" },
  ];
}

async function ensureBridge(bridge: string): Promise<void> {
  if (!existsSync(`/sys/class/net/${bridge}`)) await run("ip", ["link", "add", bridge, "type", "bridge"]);
  // Packets of pods are to reach 127.0.0.1: the kernel refuses this unless told otherwise, interface by interface.
  const setting = `/proc/sys/net/ipv4/conf/${bridge}/route_localnet`;
  if (readFileSync(setting, "latin1").trim() !== "1") writeFileSync(setting, "1");
}

/** Makes the bridge where it is missing, and the rules. */
export async function routeApi(route: ApiRoute): Promise<void> {
  await ensureBridge(bridgeName(route.network));
  await ensureRules({ network: route.network, purpose: "kubernetes API" }, apiRules(route));
}
