// How long failed Pods of a DaemonSet are left alone: the first on a node goes at once, each further one waits twice as long.
// Invariant: a Pod that was once let go stays let go; who has been quiet for twice the longest wait begins anew.
// Called by: index.ts, when it looks. Next on the way: plan.ts, which is told the waits. A restart forgets, as upstream's does.

import type { DaemonSet, Pod } from "#api";
import type { Live } from "#client";
import { targetNode } from "./nodes.ts";

const firstMs = 1000;
const longestMs = 15 * 60_000;

interface Failures {
  waitMs: number;
  sinceMs: number;
  /** The Pod that was let go last. */
  uid: string;
}

export class FailedPods {
  readonly #byPlace = new Map<string, Failures>();

  /** By uid of each failed Pod: how long it stays yet. What is due counts as replaced from now on. */
  waits(set: Live<DaemonSet>, pods: readonly Live<Pod>[], nowMs: number): ReadonlyMap<string, number> {
    const waits = new Map<string, number>();
    for (const pod of pods) {
      if (pod.status?.phase !== "Failed" || pod.metadata.deletionTimestamp !== undefined) continue;
      // A change of the set may well mend what fails: it starts from the beginning.
      const place = `${set.metadata.uid}/${set.status?.observedGeneration ?? 0}/${targetNode(pod)}`;
      waits.set(pod.metadata.uid, this.#wait(place, pod.metadata.uid, nowMs));
    }
    this.#forget(nowMs);
    return waits;
  }

  #wait(place: string, uid: string, nowMs: number): number {
    const known = this.#byPlace.get(place);
    if (known?.uid === uid) return 0;
    const leftMs = known ? known.sinceMs + known.waitMs - nowMs : 0;
    if (leftMs > 0) return leftMs;
    const waitMs = known && nowMs - known.sinceMs <= 2 * longestMs ? Math.min(known.waitMs * 2, longestMs) : firstMs;
    this.#byPlace.set(place, { waitMs, sinceMs: nowMs, uid });
    return 0;
  }

  #forget(nowMs: number): void {
    for (const [place, { sinceMs }] of this.#byPlace) if (nowMs - sinceMs > 2 * longestMs) this.#byPlace.delete(place);
  }
}
