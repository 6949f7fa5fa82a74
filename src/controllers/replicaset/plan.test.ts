// The ReplicaSet's decisions as tables: how many, whom first, and what the status says.
// Invariant: pure: a plan is read, nothing is carried out.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type Pod, type ReplicaSet } from "#api";
import type { Live } from "#client";
import type { Action } from "../framework/plan.ts";
import { isNews } from "./index.ts";
import { planReplicaSet } from "./plan.ts";
import { podsToDelete } from "./ranking.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

interface PodShape {
  name: string;
  node?: string;
  phase?: string;
  readyFor?: number;
  age?: number;
  restarts?: number;
  cost?: string;
  deleting?: boolean;
  owner?: string | undefined;
  labels?: Record<string, string>;
}

function pod({
  name,
  node = "n1",
  phase = "Running",
  readyFor,
  age = 100,
  restarts = 0,
  cost,
  deleting,
  owner = "set",
  labels = { app: "a" },
}: PodShape): Live<Pod> {
  const references = owner === "" ? [] : [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: owner, controller: true }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "d",
      uid: name,
      resourceVersion: "1",
      labels,
      creationTimestamp: ago(age),
      ownerReferences: references,
      ...(cost === undefined ? {} : { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
      ...(deleting === true ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: { containers: [], ...(node === "" ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: readyFor === undefined ? [] : [{ type: "Ready", status: "True", lastTransitionTime: ago(readyFor) }],
      containerStatuses: [{ name: "c", ready: true, restartCount: restarts, image: "", imageID: "" }],
    },
  };
}

function set(replicas: number, more: Partial<ReplicaSet["spec"]> = {}): Live<ReplicaSet> {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "set", namespace: "d", uid: "set", resourceVersion: "9", generation: 2 },
    spec: { replicas, selector: { matchLabels: { app: "a" } }, template: { metadata: { labels: { app: "a" } } }, ...more },
    status: { replicas: 0 },
  };
}

const verbs = (actions: readonly Action[]): string[] =>
  actions.flatMap((action) =>
    action.verb === "batch" ? verbs(action.actions) : [action.verb === "delete" ? `delete ${action.target.name}` : action.verb],
  );

const ranking: { name: string; pods: PodShape[]; first: string }[] = [
  { name: "unscheduled before scheduled", pods: [{ name: "b" }, { name: "a", node: "" }], first: "a" },
  { name: "pending before running", pods: [{ name: "a" }, { name: "b", phase: "Pending" }], first: "b" },
  { name: "unknown before running", pods: [{ name: "a" }, { name: "b", phase: "Unknown" }], first: "b" },
  { name: "not ready before ready", pods: [{ name: "a", readyFor: 5 }, { name: "b" }], first: "b" },
  {
    name: "the cheaper one first",
    pods: [
      { name: "a", cost: "10" },
      { name: "b", cost: "-3" },
    ],
    first: "b",
  },
  {
    name: "a cost that is no number is none",
    pods: [
      { name: "a", cost: "+1" },
      { name: "b", cost: "-1" },
    ],
    first: "b",
  },
  {
    name: "the crowded node first",
    pods: [
      { name: "a", node: "n1" },
      { name: "b", node: "n2" },
      { name: "c", node: "n2" },
    ],
    first: "b",
  },
  {
    name: "ready for a shorter time first",
    pods: [
      { name: "a", readyFor: 500 },
      { name: "b", readyFor: 10 },
    ],
    first: "b",
  },
  {
    name: "ages of one magnitude fall to the uid",
    pods: [
      { name: "b", readyFor: 10.1 },
      { name: "a", readyFor: 10.2 },
    ],
    first: "a",
  },
  { name: "more restarts first", pods: [{ name: "a" }, { name: "b", restarts: 3 }], first: "b" },
  {
    name: "the younger one first",
    pods: [
      { name: "a", age: 5000 },
      { name: "b", age: 10 },
    ],
    first: "b",
  },
];

for (const { name, pods, first } of ranking) {
  test(`deletion: ${name}`, () => {
    const all = pods.map(pod);
    assert.equal(podsToDelete(all, all, 1, nowMs)[0]?.metadata.name, first);
    assert.equal(podsToDelete(all.toReversed(), all, 1, nowMs)[0]?.metadata.name, first);
  });
}

const counts: { name: string; replicas: number; pods: PodShape[]; does: string[] }[] = [
  { name: "creates what is missing", replicas: 3, pods: [{ name: "a" }], does: ["create", "create"] },
  { name: "a Pod that is being deleted does not count", replicas: 1, pods: [{ name: "a", deleting: true }], does: ["create"] },
  { name: "a failed Pod does not count", replicas: 1, pods: [{ name: "a", phase: "Failed" }], does: ["create"] },
  { name: "deletes the surplus", replicas: 1, pods: [{ name: "a", readyFor: 9 }, { name: "b" }], does: ["delete b"] },
  { name: "adopts an orphan after a live look at itself", replicas: 1, pods: [{ name: "a", owner: "" }], does: ["confirm", "patch"] },
  { name: "leaves an orphan with other labels", replicas: 0, pods: [{ name: "a", owner: "", labels: {} }], does: [] },
  { name: "releases its own with other labels and replaces it", replicas: 1, pods: [{ name: "a", labels: {} }], does: ["patch", "create"] },
  { name: "never touches another controller's", replicas: 0, pods: [{ name: "a", owner: "other" }], does: [] },
];

for (const { name, replicas, pods, does } of counts) {
  test(`a ReplicaSet ${name}`, () => {
    const own = set(replicas);
    const plan = planReplicaSet({ saw: [own], set: own, pods: pods.map(pod), related: [] }, { nowMs });
    assert.deepEqual(verbs(plan.actions), does);
  });
}

test("a ReplicaSet that is being deleted only counts", () => {
  const own = set(3);
  own.metadata.deletionTimestamp = ago(1);
  const plan = planReplicaSet({ saw: [own], set: own, pods: [pod({ name: "a" }), pod({ name: "b", owner: "" })], related: [] }, { nowMs });
  assert.deepEqual(verbs(plan.actions), []);
  assert.deepEqual(plan.finish?.(undefined).length, 1);
});

test("Pods become available by waiting, and the plan says when to look again", () => {
  const own = set(2, { minReadySeconds: 30 });
  const plan = planReplicaSet(
    { saw: [own], set: own, pods: [pod({ name: "a", readyFor: 40 }), pod({ name: "b", readyFor: 10 })], related: [] },
    { nowMs },
  );
  const [update] = plan.finish!(undefined);
  assert.ok(update?.verb === "update");
  const { status } = update.object as unknown as Live<ReplicaSet>;
  assert.deepEqual([status?.readyReplicas, status?.availableReplicas, status?.observedGeneration], [2, 1, 2]);
  assert.equal(plan.requeueAfterMs, 20_000);
});

test("a refused create is told in a condition, once, and goes when it works again", () => {
  const own = set(1);
  const plan = planReplicaSet({ saw: [own], set: own, pods: [], related: [] }, { nowMs });
  const [update] = plan.finish!(ApiError.badRequest("exceeded quota"));
  assert.ok(update?.verb === "update");
  const failing = update.object as unknown as Live<ReplicaSet>;
  assert.deepEqual(
    failing.status?.conditions?.map((one) => [one.type, one.reason, one.message]),
    [["ReplicaFailure", "FailedCreate", "exceeded quota"]],
  );
  const again = planReplicaSet({ saw: [failing], set: failing, pods: [], related: [] }, { nowMs: nowMs + 5000 });
  assert.deepEqual(again.finish!(ApiError.badRequest("exceeded quota")), []);
  const [well] = again.finish!(undefined);
  assert.ok(well?.verb === "update");
  assert.equal((well.object as unknown as Live<ReplicaSet>).status?.conditions, undefined);
});

const updates: { name: string; from: PodShape; to: PodShape; news: boolean }[] = [
  { name: "bound to a node", from: { name: "a", node: "", phase: "Pending" }, to: { name: "a", phase: "Pending" }, news: false },
  { name: "a restart", from: { name: "a" }, to: { name: "a", restarts: 1 }, news: false },
  { name: "another phase", from: { name: "a", phase: "Pending" }, to: { name: "a" }, news: true },
  { name: "ready", from: { name: "a" }, to: { name: "a", readyFor: 1 }, news: true },
  { name: "ready again, later", from: { name: "a", readyFor: 9 }, to: { name: "a", readyFor: 1 }, news: true },
  { name: "being deleted", from: { name: "a" }, to: { name: "a", deleting: true }, news: true },
  { name: "other labels", from: { name: "a" }, to: { name: "a", labels: { app: "b" } }, news: true },
  { name: "released", from: { name: "a" }, to: { name: "a", owner: "" }, news: true },
];

for (const { name, from, to, news } of updates) {
  test(`an update of a Pod is ${news ? "" : "no "}news to its set: ${name}`, () => assert.equal(isNews(pod(from), pod(to)), news));
}
