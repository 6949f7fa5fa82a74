// The disruption controller's decisions as a table: pods and a budget in, a status out.
// Invariant: no client, no clock: the plan is a function.
// Called by: npm test. Next on the way: index.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetSpec } from "#api";
import type { Live } from "#client";
import { planBudget } from "./index.ts";

const nowMs = Date.parse("2026-01-01T00:05:00Z");

function pod(name: string, ready: boolean, deleted = false): Live<Pod> {
  const metadata = { name, namespace: "d", ...(deleted && { deletionTimestamp: "2026-01-01T00:00:00Z" }) };
  return { metadata, status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] } } as unknown as Live<Pod>;
}

const budget = (spec: PodDisruptionBudgetSpec, disruptedPods?: Record<string, string>): Live<PodDisruptionBudget> =>
  ({ metadata: { name: "b", namespace: "d", generation: 2 }, spec, status: { disruptedPods } }) as unknown as Live<PodDisruptionBudget>;

const three = [pod("a", true), pod("b", true), pod("c", false)];

for (const { name, spec, pods, scale, disrupted, want } of [
  { name: "a number that must stay", spec: { minAvailable: 1 }, pods: three, scale: 3, want: [1, 2, 1, 3] },
  { name: "a share that must stay, rounded up", spec: { minAvailable: "50%" }, pods: three, scale: 3, want: [0, 2, 2, 3] },
  { name: "a number that may be missing", spec: { maxUnavailable: 1 }, pods: three, scale: 3, want: [0, 2, 2, 3] },
  { name: "more may be missing than there are", spec: { maxUnavailable: 9 }, pods: three, scale: 3, want: [2, 2, 0, 3] },
  { name: "no pods: nothing is allowed", spec: { minAvailable: 0 }, pods: [], scale: 0, want: [0, 0, 0, 0] },
  {
    name: "a pod on its way out is not healthy",
    spec: { minAvailable: 1 },
    pods: [pod("a", true), pod("b", true, true)],
    scale: 2,
    want: [0, 1, 1, 2],
  },
  {
    name: "a pod that an eviction has announced is not healthy either",
    spec: { minAvailable: 1 },
    pods: [pod("a", true), pod("b", true)],
    scale: 2,
    disrupted: { b: "2026-01-01T00:04:00Z" },
    want: [0, 1, 1, 2],
  },
  {
    name: "one that was announced and never went is counted again",
    spec: { minAvailable: 1 },
    pods: [pod("a", true), pod("b", true)],
    scale: 2,
    disrupted: { b: "2026-01-01T00:02:00Z" },
    want: [1, 2, 1, 2],
  },
] as const) {
  test(name, () => {
    const seen = budget(spec, disrupted);
    const { actions } = planBudget({ saw: [], budget: seen, pods, scale }, { nowMs });
    const action = actions[0]!;
    assert.ok(action.verb === "update");
    const { status } = action.object as unknown as PodDisruptionBudget;
    assert.deepEqual([status!.disruptionsAllowed, status!.currentHealthy, status!.desiredHealthy, status!.expectedPods], want);
    assert.equal(status!.observedGeneration, 2);
  });
}

test("an unknown scale allows nothing", () => {
  const { actions } = planBudget({ saw: [], budget: budget({ maxUnavailable: 1 }), pods: three, scale: undefined }, { nowMs });
  const action = actions[0]!;
  assert.ok(action.verb === "update");
  assert.equal((action.object as unknown as PodDisruptionBudget).status!.disruptionsAllowed, 0);
});
