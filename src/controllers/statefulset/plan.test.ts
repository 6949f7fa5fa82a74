// A StatefulSet's passes as tables: whose turn it is, what an update takes next, who owns the claims.
// Invariant: the steps are those of a real controller manager given the same Pods.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet, StatefulSetSpec } from "#api";
import type { Live } from "#client";
import type { Action, Plan } from "../framework/plan.ts";
import { revisionData, revisionLabel } from "../revisions.ts";
import { planStatefulSet } from "./plan.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const meta = (name: string) => ({ name, namespace: "d", uid: `uid-${name}`, resourceVersion: "1" });
const ours = { apiVersion: "apps/v1", kind: "StatefulSet", name: "s", uid: "uid-s", controller: true };

function setOf(image: string, spec: Partial<StatefulSetSpec> = {}, status: Partial<StatefulSet["status"]> = {}): Live<StatefulSet> {
  const template = { metadata: { labels: { app: "s" } }, spec: { containers: [{ name: "c", image }] } };
  const updateStrategy = { type: "RollingUpdate", rollingUpdate: { partition: 0 } };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { ...meta("s"), generation: 1 },
    spec: { replicas: 3, selector: { matchLabels: { app: "s" } }, template, updateStrategy, ...spec },
    status: { replicas: 0, currentRevision: "s-old", ...status },
  };
}

function revisionOf(image: string, hash: string, revision: number): Live<ControllerRevision> {
  const { value } = revisionData(setOf(image).spec?.template);
  const metadata = { ...meta(`s-${hash}`), labels: { app: "s" }, ownerReferences: [ours] };
  return { apiVersion: "apps/v1", kind: "ControllerRevision", metadata, revision, data: value as never };
}

type Row = readonly [ordinal: number, state?: "ready" | "running" | "pending" | "failed" | "terminating", revision?: "old" | "new"];

function podOf([ordinal, state = "ready", revision = "new"]: Row): Live<Pod> {
  const phase = state === "pending" ? "Pending" : state === "failed" ? "Failed" : "Running";
  const ready = state === "ready" || state === "terminating";
  const name = `s-${ordinal}`;
  const labels = { app: "s", [revisionLabel]: `s-${revision}`, "statefulset.kubernetes.io/pod-name": name };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...meta(name),
      labels,
      ownerReferences: [ours],
      ...(state === "terminating" ? { deletionTimestamp: new Date(nowMs).toISOString() } : {}),
    },
    spec: { containers: [] },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: new Date(nowMs - 60_000).toISOString() }],
    },
  };
}

const flat = (actions: readonly Action[]): Action[] =>
  actions.flatMap((action) => (action.verb === "batch" ? flat(action.actions) : [action]));

function words(plan: Plan): string[] {
  return flat(plan.actions).flatMap((action) => {
    if (action.verb === "create") {
      const image = (action.object as unknown as Pod).spec?.containers?.[0]?.image ?? "";
      return [`create ${action.object.metadata.name} ${image}`.trim()];
    }
    if (action.verb === "delete") return [`delete ${action.target.name}`];
    if (action.verb !== "update") return [action.verb];
    const owners = (action.object.metadata.ownerReferences ?? []).map((one) => one.kind).join("+");
    return [`update ${action.object.metadata.name} ${owners}`.trim()];
  });
}

const history = [revisionOf("one", "old", 1), revisionOf("two", "new", 2)];

const rows: { name: string; set?: Live<StatefulSet>; pods: readonly Row[]; does: string[] }[] = [
  { name: "starts with the first", pods: [], does: ["create s-0 two"] },
  { name: "waits until it is ready", pods: [[0, "running"]], does: [] },
  { name: "goes on with the next", pods: [[0]], does: ["create s-1 two"] },
  { name: "fills a gap before it goes on", pods: [[0], [2]], does: ["create s-1 two"] },
  { name: "waits for the end of one that terminates", pods: [[0], [1, "terminating"], [2]], does: [] },
  { name: "replaces one that failed", pods: [[0], [1, "failed"], [2]], does: ["delete s-1"] },
  {
    name: "in parallel makes all at once",
    set: setOf("two", { podManagementPolicy: "Parallel" }),
    pods: [],
    does: ["create s-0 two", "create s-1 two", "create s-2 two"],
  },
  { name: "scales down from the top", pods: [[0], [1], [2], [3], [4]], does: ["delete s-4"] },
  { name: "scales down no further while one above terminates", pods: [[0], [1], [2], [3], [4, "terminating"]], does: [] },
  { name: "scales down what is not well only if it is the one", pods: [[0], [1], [2], [3], [4, "running"]], does: ["delete s-4"] },
  {
    name: "updates from the top",
    pods: [
      [0, "ready", "old"],
      [1, "ready", "old"],
      [2, "ready", "old"],
    ],
    does: ["delete s-2"],
  },
  {
    name: "makes the new one where the old was",
    pods: [
      [0, "ready", "old"],
      [1, "ready", "old"],
    ],
    does: ["create s-2 two"],
  },
  { name: "goes on below when it is ready", pods: [[0, "ready", "old"], [1, "ready", "old"], [2]], does: ["delete s-1"] },
  {
    name: "leaves those below the partition",
    set: setOf("two", { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } }),
    pods: [[0, "ready", "old"], [1, "ready", "old"], [2]],
    does: [],
  },
  {
    name: "below the partition makes them old again",
    set: setOf("two", { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } }),
    pods: [[1, "ready", "old"], [2]],
    does: ["create s-0 one"],
  },
  {
    name: "with OnDelete updates nobody",
    set: setOf("two", { updateStrategy: { type: "OnDelete" } }),
    pods: [[0, "ready", "old"], [1], [2]],
    does: [],
  },
];

for (const { name, set = setOf("two"), pods, does } of rows) {
  test(`a StatefulSet ${name}`, () => {
    const plan = planStatefulSet({ saw: [set], set, pods: pods.map(podOf), revisions: history, claims: new Map() }, { nowMs });
    assert.deepEqual(words(plan), does);
  });
}

const volumeClaimTemplates = [{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" }, spec: {} }];

test("the claim comes before its Pod, and the Pod mounts it", () => {
  const set = setOf("two", { volumeClaimTemplates });
  const plan = planStatefulSet({ saw: [set], set, pods: [], revisions: history, claims: new Map() }, { nowMs });
  assert.deepEqual(words(plan), ["create data-s-0", "create s-0 two"]);
  const pod = flat(plan.actions)[1]!;
  assert.ok(pod.verb === "create");
  assert.deepEqual((pod.object as unknown as Pod).spec?.volumes, [{ name: "data", persistentVolumeClaim: { claimName: "data-s-0" } }]);
});

test("the retention policy decides who owns the claims", () => {
  const claimOf = (name: string): Live<PersistentVolumeClaim> => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: meta(name),
  });
  const claims = new Map(["data-s-0", "data-s-1"].map((name) => [name, claimOf(name)]));
  const persistentVolumeClaimRetentionPolicy = { whenDeleted: "Delete", whenScaled: "Delete" };
  const set = setOf("two", { replicas: 1, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy });
  const pods = [podOf([0]), podOf([1])];
  const plan = planStatefulSet({ saw: [set], set, pods, revisions: history, claims }, { nowMs });
  assert.deepEqual(words(plan), ["update data-s-0 StatefulSet", "update data-s-1 Pod", "delete s-1"]);
});

test("the current revision moves when the last Pod is new and ready", () => {
  const revisions = history;
  const statusOf = (pods: readonly Row[]): StatefulSet["status"] => {
    const set = setOf("two");
    const [update] = planStatefulSet({ saw: [set], set, pods: pods.map(podOf), revisions, claims: new Map() }, { nowMs }).finish!(
      undefined,
    );
    assert.ok(update?.verb === "update");
    return (update.object as unknown as StatefulSet).status;
  };
  assert.equal(statusOf([[0, "running"], [1], [2]])?.currentRevision, "s-old");
  assert.equal(statusOf([[0], [1], [2]])?.currentRevision, "s-new");
});
