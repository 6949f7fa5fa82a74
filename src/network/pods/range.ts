// Which addresses the pods of a cluster get: a range that nobody on this machine has, chosen once for each cluster.
// Invariant: pure. Two ranges that overlap would send a pod's packets to the other one's bridge, in silence: so none are shared.
// Called by: cli/ before a cluster comes up. Next on the way: compose/node-place.ts, which cuts it into nodes' ranges.

import type { Route } from "#linux";
import { bridgeName, networkName } from "../cni/config.ts";

export const firstPodNetwork = "10.244.0.0/16";
const prefixBits = 16;

export interface Range {
  readonly first: number;
  readonly bits: number;
}

const size = (bits: number): number => 2 ** (32 - bits);
const overlap = (a: Range, b: Range): boolean => a.first < b.first + size(b.bits) && b.first < a.first + size(a.bits);

/** Dotted, of an unsigned number. */
export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

export const rangeText = ({ first, bits }: Range): string => `${addressText(first)}/${bits}`;

/** A network of 65,536 addresses, enough for 256 nodes; undefined for any other text. */
export function parsePodNetwork(text: string): Range | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.0\.0\/16$/.exec(text);
  const [high, low] = [Number(found?.[1]), Number(found?.[2])];
  if (!found || high === 0 || high > 223 || high === 127 || low > 255) return undefined;
  return { first: (high * 256 + low) * 65_536, bits: prefixBits };
}

/** The `index`th /24 of a pod network, from 0. */
export function nodeRange(podNetwork: string, index: number): Range {
  const range = parsePodNetwork(podNetwork);
  if (!range) throw new TypeError(`${JSON.stringify(podNetwork)} is no pod network`);
  return { first: range.first + index * 256, bits: 24 };
}

/** The bridges that nodes of this cluster have or had. */
export function ownBridges(cluster: string, nodes: number): ReadonlySet<string> {
  return new Set(Array.from({ length: nodes }, (_, index) => bridgeName(networkName(cluster, index + 1))));
}

/** The routes that would take packets of this range elsewhere. A wider route gives way to a bridge's narrower one. */
export function rangeHolders(podNetwork: string, routes: readonly Route[], own: ReadonlySet<string>): readonly Route[] {
  const range = parsePodNetwork(podNetwork);
  return range ? routes.filter((route) => route.bits >= range.bits && !own.has(route.device) && overlap(route, range)) : [];
}

/** 10.244.0.0/16, or the next that neither another cluster nor a route of this machine has; rather one that lies in no wider route. */
export function freePodNetwork(routes: readonly Route[], taken: readonly string[]): string | undefined {
  const candidates = Array.from({ length: 12 }, (_, index) => `10.${244 + index}.0.0/16`).filter((one) => !taken.includes(one));
  const free = candidates.filter((one) => rangeHolders(one, routes, new Set()).length === 0);
  const covered = (one: string): boolean => routes.some((route) => route.bits > 0 && overlap(route, parsePodNetwork(one)!));
  return free.find((one) => !covered(one)) ?? free[0];
}
