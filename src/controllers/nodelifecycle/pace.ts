// How fast nodes lose their Pods: one node in ten seconds and zone; slower in a large zone that is mostly silent, in a small one not at all.
// Invariant: the first silent node of a zone goes at once; a node that is refused is told when to ask again, so nobody is forgotten.
// Called by: index.ts. Next on the way: plan.ts. Figures are the defaults of upstream's --node-eviction-rate and its kin.

import type { Node } from "#api";
import type { Live } from "#client";
import { readiness } from "./plan.ts";

const evictionIntervalMs = 10_000;
const largeZoneIntervalMs = 100_000;
const largeZone = 50;
const unhealthyShare = 0.55;
/** What stops evictions are other nodes, whose return wakes nobody but themselves. */
export const lookAgainMs = 20_000;

const zoneLabels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] as const;

export const zoneOf = (node: Live<Node>): string => zoneLabels.map((label) => node.metadata.labels?.[label] ?? "").join("/");

/** Milliseconds between two nodes of this node's zone; Infinity while nobody is to be evicted, since the fault is more likely ours. */
export function intervalMs(node: Live<Node>, nodes: readonly Live<Node>[]): number {
  const isReady = (one: Live<Node>): boolean => readiness(one.status?.conditions) === "True";
  if (!nodes.some(isReady)) return Infinity;
  const zone = nodes.filter((one) => zoneOf(one) === zoneOf(node));
  const silent = zone.filter((one) => !isReady(one)).length;
  // A zone that is silent as a whole is cut off or gone; others are there to take its Pods.
  const partly = silent < zone.length && silent > 2 && silent / zone.length >= unhealthyShare;
  if (!partly) return evictionIntervalMs;
  return zone.length > largeZone ? largeZoneIntervalMs : Infinity;
}

export class EvictionPace {
  readonly #lastMs = new Map<string, number>();

  /** 0 when the zone's next node may go now, which counts as gone; else after how many milliseconds to ask again. */
  ask(zone: string, everyMs: number, nowMs: number): number {
    if (everyMs === Infinity) return lookAgainMs;
    const leftMs = (this.#lastMs.get(zone) ?? -Infinity) + everyMs - nowMs;
    if (leftMs > 0) return Math.min(leftMs, lookAgainMs);
    this.#lastMs.set(zone, nowMs);
    return 0;
  }
}
