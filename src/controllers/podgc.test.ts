// Which Pods the garbage collector takes, as tables.
// Invariant shown: what ran is never taken for being many; the order is upstream's: evicted, then oldest, then by name.
// Called by: npm test. Next on the way: podgc-finished.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api";
import type { Live } from "#client";
import { planThinning } from "./podgc.ts";
import { surplus } from "./podgc-finished.ts";

const podOf = (name: string, phase: string, minute = 0, reason?: string): Live<Pod> =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "d", uid: name, creationTimestamp: `2026-01-01T00:0${minute}:00Z` },
    status: { phase, ...(reason === undefined ? {} : { reason }) },
  }) as Live<Pod>;

const pods = [
  podOf("young", "Succeeded", 3),
  podOf("runs", "Running", 0),
  podOf("b", "Failed", 1),
  podOf("a", "Succeeded", 1),
  podOf("evicted", "Failed", 5, "Evicted"),
  podOf("waits", "Pending", 0),
];

test("finished Pods beyond the threshold go: the evicted first, then the oldest, then by name", () => {
  const gone = (threshold: number): string[] => surplus(pods, threshold).map(({ metadata }) => metadata.name);
  assert.deepEqual([4, 3, 2, 1, 0].map(gone), [[], ["evicted"], ["evicted", "a"], ["evicted", "a", "b"], ["evicted", "a", "b", "young"]]);
});

test("they go by force, and only the Pod that was seen", () => {
  const [action] = planThinning({ saw: surplus(pods, 3) }).actions;
  assert.ok(action?.verb === "delete");
  assert.deepEqual(action.options, { gracePeriodSeconds: 0, preconditions: { uid: "evicted" } });
});
