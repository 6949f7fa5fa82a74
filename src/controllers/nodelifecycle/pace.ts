// How fast nodes lose their Pods: one node in ten seconds and zone; slower in a large zone that is mostly silent, in a small one not at all.
// Invariant: the first silent node of a zone goes at once; who is refused is told when to ask again, or waits for a node that changes.
// Called by: index.ts. Next on the way: plan.ts. Figures are the defaults of upstream's --node-eviction-rate and its kin.

import type { Node } from "#api";
import type { Live } from "#client";
import { readiness } from "./plan.ts";

const evictionIntervalMs = 10_000;
const largeZoneIntervalMs = 100_000;
const largeZone = 50;
const unhealthyShare = 0.55;
const zoneLabels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] as const;

export const zoneOf = (node: Live<Node>): string => zoneLabels.map((label) => node.metadata.labels?.[label] ?? "").join("/");

const isReady = (node: Live<Node>): boolean => readiness(node.status?.conditions) === "True";

/** No node speaks at all: then the fault is more likely ours. */
export const isDark = (nodes: readonly Live<Node>[]): boolean => !nodes.some(isReady);

/** Milliseconds between two nodes of this node's zone; Infinity while none is to be added. */
export function intervalMs(node: Live<Node>, nodes: readonly Live<Node>[]): number {
  const zone = nodes.filter((one) => zoneOf(one) === zoneOf(node));
  const silent = zone.filter((one) => !isReady(one)).length;
  // A zone that is silent as a whole is cut off or gone; others are there to take its Pods.
  const partly = silent < zone.length && silent > 2 && silent / zone.length >= unhealthyShare;
  if (!partly) return evictionIntervalMs;
  return zone.length > largeZone ? largeZoneIntervalMs : Infinity;
}

export interface Asking {
  readonly node: string;
  readonly zone: string;
  /** Its Pods were asked to leave before. */
  readonly evicting: boolean;
  readonly dark: boolean;
  readonly everyMs: number;
}

export class EvictionPace {
  readonly #lastMs = new Map<string, number>();
  readonly #waiting = new Set<string>();

  /** Those whose answer may be another when any node has changed. */
  get waiting(): readonly string[] {
    return [...this.#waiting];
  }

  /** 0 when its Pods may be asked to leave, which counts; else after how many milliseconds to ask again, Infinity: when a node has changed. */
  ask({ node, zone, evicting, dark, everyMs }: Asking, nowMs: number): number {
    const leftMs = everyMs === Infinity ? Infinity : Math.max(0, (this.#lastMs.get(zone) ?? -Infinity) + everyMs - nowMs);
    // Where all is dark, those that were asked are told to stay, as upstream does.
    const answer = dark ? Infinity : evicting ? 0 : leftMs;
    if (answer === 0 && !evicting) this.#lastMs.set(zone, nowMs);
    if (answer === 0 || answer === Infinity) this.#waiting.add(node);
    else this.#waiting.delete(node);
    return answer;
  }

  forget(node: string): void {
    this.#waiting.delete(node);
  }
}
