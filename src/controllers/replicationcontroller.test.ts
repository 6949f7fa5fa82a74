// A ReplicationController is planned as the ReplicaSet it could have been, and stays itself in everything that is written.
// Invariant: pure: a plan is read, nothing is carried out.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, ReplicationController } from "#api";
import type { AnyObject, Live } from "#client";
import { planReplicaSet } from "./replicaset/plan.ts";
import { asReplicaSet } from "./replicationcontroller.ts";

const controller: Live<ReplicationController> = {
  apiVersion: "v1",
  kind: "ReplicationController",
  metadata: { name: "old", namespace: "d", uid: "old", resourceVersion: "9", generation: 2 },
  spec: { replicas: 2, selector: { app: "a" }, template: { metadata: { labels: { app: "a" } }, spec: { containers: [] } } },
  status: { replicas: 0 },
};
const pod = (name: string, more: Partial<Pod["metadata"]> = {}): Live<Pod> => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "d", uid: name, resourceVersion: "1", labels: { app: "a" }, ...more },
  spec: { containers: [] },
});
const own = { ownerReferences: [{ apiVersion: "v1", kind: "ReplicationController", name: "old", uid: "old", controller: true }] };
const plan = (pods: Live<Pod>[]) =>
  planReplicaSet(
    {
      saw: [],
      set: asReplicaSet(controller),
      pods,
      related: [],
      actor: { resource: "replicationcontrollers", apiVersion: "v1", kind: "ReplicationController", object: controller as Live<AnyObject> },
    },
    { nowMs: 0 },
  );

test("missing Pods are created with its own name as owner", () => {
  const [batch, ...rest] = plan([pod("a", own)]).actions;
  assert.ok(batch?.verb === "batch" && rest.length === 0);
  const [create] = batch.actions;
  assert.ok(create?.verb === "create" && batch.actions.length === 1);
  const { metadata } = create.object as unknown as Pod;
  const { apiVersion, kind, name } = metadata!.ownerReferences![0]!;
  assert.deepEqual([apiVersion, kind, name, metadata?.generateName], ["v1", "ReplicationController", "old", "old-"]);
});

test("an orphan that its selector matches is adopted, another is left alone", () => {
  const actions = plan([pod("orphan"), pod("stranger", { labels: { app: "b" } }), pod("a", own)]).actions;
  assert.deepEqual(
    actions.map((action) => ("resource" in action ? `${action.verb} ${action.resource}` : action.verb)),
    ["confirm replicationcontrollers", "patch pods"],
  );
});

test("its status is written as its own, with labels for a selector and no count of who is ending", () => {
  const ending = pod("b", { ...own, deletionTimestamp: "2026-01-01T00:00:00Z" });
  const [write] = plan([pod("a", own), pod("c", own), ending]).finish?.(undefined) ?? [];
  assert.ok(write?.verb === "update");
  const { spec, status, kind } = write.object as unknown as ReplicationController;
  assert.deepEqual(
    [write.resource, write.subresource, kind, spec?.selector],
    ["replicationcontrollers", "status", "ReplicationController", { app: "a" }],
  );
  const counts = { replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 0, availableReplicas: 0, observedGeneration: 2 };
  assert.deepEqual(status, counts);
});
