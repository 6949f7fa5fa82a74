// A DaemonSet's rolling update: which old Pods go now, and on which nodes a second one may start beside the old.
// Invariant: no more than maxUnavailable nodes are without an available Pod because of the update; never more than maxSurge doubles.
// Called by: plan.ts, when every node has what it should. Next on the way: plan.ts.

import { type DaemonSet, type Pod, scaledValue } from "#api";
import type { Live } from "#client";
import { isPodAvailable } from "../pods.ts";
import { isUpdated } from "./nodes.ts";

export interface Places {
  readonly set: Live<DaemonSet>;
  readonly hash: string;
  readonly nowMs: number;
  /** Nodes that should run a Pod. */
  readonly wanted: ReadonlySet<string>;
  /** Pods by node; nodes that should have one are there with an empty list. */
  readonly byNode: ReadonlyMap<string, readonly Live<Pod>[]>;
}

export interface Replacement {
  readonly remove: readonly Live<Pod>[];
  readonly add: readonly string[];
}

export function maxSurge({ spec }: Live<DaemonSet>, nodes: number): number {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  return type === "RollingUpdate" ? (scaledValue(rollingUpdate?.maxSurge ?? 0, nodes, "up") ?? 0) : 0;
}

function maxUnavailable(set: Live<DaemonSet>, nodes: number): number {
  const allowed = scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 0, nodes, "up") ?? 0;
  return allowed === 0 && maxSurge(set, nodes) === 0 ? 1 : allowed;
}

export function replace(places: Places): Replacement {
  return maxSurge(places.set, places.wanted.size) === 0 ? replaceInPlace(places) : replaceBySurge(places);
}

/** The new and the old Pod of a node; undefined when there are several of a sort, which the next pass clears up. */
function pairOn({ set, hash }: Places, pods: readonly Live<Pod>[]): { fresh?: Live<Pod>; old?: Live<Pod> } | undefined {
  const staying = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const fresh = staying.filter((pod) => isUpdated(pod, set, hash));
  const old = staying.filter((pod) => !isUpdated(pod, set, hash));
  if (fresh.length > 1 || old.length > 1) return undefined;
  return { ...(fresh[0] ? { fresh: fresh[0] } : {}), ...(old[0] ? { old: old[0] } : {}) };
}

const available = ({ set, nowMs }: Places, pod: Live<Pod>): boolean => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs);

function replaceInPlace(places: Places): Replacement {
  const allowed: Live<Pod>[] = [];
  const candidates: Live<Pod>[] = [];
  let unavailable = 0;
  for (const pods of places.byNode.values()) {
    const { fresh, old } = pairOn(places, pods) ?? {};
    if ((fresh === undefined) === (old === undefined)) unavailable++;
    else if (fresh) unavailable += available(places, fresh) ? 0 : 1;
    else if (available(places, old!)) candidates.push(old!);
    else {
      // It does not work anyway: replacing it costs nothing.
      allowed.push(old!);
      unavailable++;
    }
  }
  const room = Math.max(0, maxUnavailable(places.set, places.wanted.size) - unavailable);
  return { remove: [...allowed, ...candidates.slice(0, room)], add: [] };
}

function replaceBySurge(places: Places): Replacement {
  const remove: Live<Pod>[] = [];
  const leaving: Live<Pod>[] = [];
  const allowed: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  let working = 0;
  for (const [node, pods] of places.byNode) {
    const pair = pairOn(places, pods);
    if (!pair) {
      surging++;
      continue;
    }
    const { fresh, old } = pair;
    const first = old ?? fresh;
    if (first && available(places, first)) working++;
    if (!old) continue;
    if (fresh) {
      if (available(places, fresh)) remove.push(old);
      else surging++;
    } else if (!places.wanted.has(node)) (available(places, old) ? leaving : remove).push(old);
    else (available(places, old) ? candidates : allowed).push(node);
  }
  const room = Math.max(0, maxSurge(places.set, places.wanted.size) - surging);
  const spare = Math.max(0, working - places.wanted.size);
  return { remove: [...remove, ...leaving.slice(0, spare)], add: [...allowed, ...candidates.slice(0, room)] };
}
