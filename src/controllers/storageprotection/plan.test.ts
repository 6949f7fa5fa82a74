// Who keeps the finalizer of something that is stored, and who uses a claim.
// Invariant: pure: a plan is read, nothing is carried out.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolumeClaim, Pod } from "#api";
import type { AnyObject, Live } from "#client";
import { claimKeysOf, classesOfClaim, planProtection, usesClaim } from "./plan.ts";

const finalizer = "kubernetes.io/pvc-protection";
const object = (finalizers: string[] | undefined, deleting = false): Live<AnyObject> => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: {
    name: "c",
    namespace: "d",
    uid: "c",
    resourceVersion: "1",
    ...(finalizers && { finalizers }),
    ...(deleting && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  },
});

const rows: { name: string; object: Live<AnyObject>; user?: string; want: string[] | string }[] = [
  { name: "lives with it", object: object([finalizer]), want: "it is protected" },
  { name: "lives without it", object: object(["a/b"]), want: ["a/b", finalizer] },
  { name: "goes and is used", object: object([finalizer], true), user: "pod p", want: "it is kept: pod p uses it" },
  { name: "goes unused", object: object(["a/b", finalizer], true), want: ["a/b"] },
  { name: "waits for somebody else", object: object(["a/b"], true), want: "its protection has gone already" },
];
for (const row of rows) {
  test(`protection: ${row.name}`, () => {
    const { actions, decision } = planProtection({ saw: [], resource: "persistentvolumeclaims", finalizer, ...row });
    const [write] = actions;
    assert.deepEqual(write?.verb === "update" ? write.object.metadata.finalizers : decision, row.want);
  });
}

const claim = (name: string, owner?: string): Live<PersistentVolumeClaim> => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: {
    name,
    namespace: "d",
    uid: name,
    resourceVersion: "1",
    ...(owner && { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: owner, controller: true }] }),
  },
});
const volumes = [
  { name: "data", persistentVolumeClaim: { claimName: "c" } },
  { name: "scratch", ephemeral: { volumeClaimTemplate: { spec: {} } } },
  { name: "other", emptyDir: {} },
];
const pod = (nodeName: string, metadata: Partial<Pod["metadata"]> = {}): Live<Pod> => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "d", uid: "p", resourceVersion: "1", ...metadata },
  spec: { containers: [], volumes, ...(nodeName !== "" && { nodeName }) },
});
const gone = { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 };

const uses: { name: string; pod: Live<Pod>; claim: Live<PersistentVolumeClaim>; want: boolean }[] = [
  { name: "a pod on a node", pod: pod("n"), claim: claim("c"), want: true },
  { name: "a pod that has ended and is still there", pod: pod("n", gone), claim: claim("c"), want: true },
  { name: "a pod without a node", pod: pod(""), claim: claim("c"), want: false },
  { name: "a pod of another namespace", pod: pod("n", { namespace: "e" }), claim: claim("c"), want: false },
  { name: "a pod with another claim", pod: pod("n"), claim: claim("b"), want: false },
  { name: "the claim of its own volume", pod: pod("n"), claim: claim("p-scratch", "p"), want: true },
  { name: "the claim of its own volume after its end", pod: pod("n", gone), claim: claim("p-scratch", "p"), want: false },
  { name: "a claim that only has the volume's name", pod: pod("n"), claim: claim("p-scratch"), want: false },
];
for (const row of uses) test(`use: ${row.name}`, () => assert.equal(usesClaim(row.pod, row.claim), row.want));

test("what a pod and a claim name", () => {
  assert.deepEqual(claimKeysOf(pod("n")), ["d/c", "d/p-scratch"]);
  const named = { ...claim("c"), spec: { volumeAttributesClassName: "gold" }, status: { currentVolumeAttributesClassName: "silver" } };
  assert.deepEqual(classesOfClaim(named), ["gold", "silver"]);
});
