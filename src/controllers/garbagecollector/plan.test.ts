// The garbage collector's verdicts as a table: object, owners, dependents, and what is done.
// Invariant: pure; each row is one sentence of the rules.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { resources } from "#api";
import type { AnyObject, Live } from "#client";
import type { Action } from "../framework/plan.ts";
import { type OwnerState, planCollection, type SeenObject } from "./plan.ts";

interface Shape {
  deleting?: boolean;
  finalizers?: string[];
  owners?: OwnerState[];
  /** `b`: blocks its owner; `w`: waits for its own dependents. */
  dependents?: string[];
}

function object(name: string, deleting = false, finalizers: string[] = []): Live<AnyObject> {
  const metadata = {
    name,
    namespace: "d",
    uid: name,
    resourceVersion: "5",
    finalizers,
    ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  };
  return { apiVersion: "v1", kind: "ConfigMap", metadata };
}

function seen({ deleting, finalizers, owners = [], dependents = [] }: Shape): SeenObject {
  const it = object("it", deleting, finalizers);
  const references = owners.map((state, index) => ({
    reference: { apiVersion: "v1", kind: "ConfigMap", name: `${state}${index}`, uid: `${state}${index}` },
    state,
  }));
  it.metadata.ownerReferences = references.map((one) => one.reference);
  const children = dependents.map((how, index) => {
    const child = object(`child${index}`, how.includes("w"), how.includes("w") ? ["foregroundDeletion"] : []);
    child.metadata.ownerReferences = [
      { apiVersion: "v1", kind: "ConfigMap", name: "it", uid: "it", ...(how.includes("b") ? { blockOwnerDeletion: true } : {}) },
    ];
    return { resource: "configmaps", object: child };
  });
  return {
    saw: [it],
    resource: "configmaps",
    info: resources.find((one) => one.resource === "configmaps")!,
    object: it,
    owners: references,
    dependents: children,
  };
}

function words(actions: readonly Action[]): string[] {
  return actions.flatMap((action) => {
    if (action.verb === "batch") return words(action.actions);
    if (action.verb === "delete") return [`delete ${action.options?.propagationPolicy}`];
    if (action.verb === "event") return [action.reason];
    if (action.verb !== "patch") return [action.verb];
    const { ownerReferences, finalizers } = (
      action.patch as { metadata: { ownerReferences?: { uid: string; blockOwnerDeletion?: boolean }[]; finalizers?: string[] } }
    ).metadata;
    if (finalizers) return [`finalizers [${finalizers.join()}]`];
    return [
      `${action.target.name} owners [${ownerReferences!.map((one) => one.uid + (one.blockOwnerDeletion === false ? "!" : "")).join()}]`,
    ];
  });
}

const table: { name: string; shape: Shape; does: string[] }[] = [
  { name: "no owner: nothing", shape: {}, does: [] },
  { name: "an owner that is there: nothing", shape: { owners: ["solid"] }, does: [] },
  { name: "an owner of an unknown kind: nothing", shape: { owners: ["unknown"] }, does: [] },
  { name: "its only owner is gone: deleted in the background", shape: { owners: ["absent"] }, does: ["delete Background"] },
  { name: "its only owner waits: deleted", shape: { owners: ["waiting"] }, does: ["delete Background"] },
  { name: "one of two owners is gone: only the reference goes", shape: { owners: ["absent", "solid"] }, does: ["it owners [solid1]"] },
  { name: "one waits, one is there: only the reference goes", shape: { owners: ["solid", "waiting"] }, does: ["it owners [solid0]"] },
  { name: "one gone, one unknown: only the reference goes", shape: { owners: ["absent", "unknown"] }, does: ["it owners [unknown1]"] },
  {
    name: "its owner waits and it has dependents: deleted in the foreground too",
    shape: { owners: ["waiting"], dependents: ["b"] },
    does: ["delete Foreground"],
  },
  { name: "a circle of waiting objects is cut", shape: { owners: ["waiting"], dependents: ["bw"] }, does: ["it owners [waiting0!]"] },
  {
    name: "with the orphan finalizer its dependents are spared",
    shape: { owners: ["absent"], finalizers: ["orphan"] },
    does: ["delete Orphan"],
  },
  {
    name: "with the foreground finalizer its dependents go first",
    shape: { owners: ["absent"], finalizers: ["foregroundDeletion"] },
    does: ["delete Foreground"],
  },
  {
    name: "an owner in another namespace is none, and is told",
    shape: { owners: ["misplaced"] },
    does: ["OwnerRefInvalidNamespace", "delete Background"],
  },
  { name: "already being deleted: nothing", shape: { deleting: true, owners: ["absent"], finalizers: ["mine"] }, does: [] },
  {
    name: "waiting with a blocking dependent: waits",
    shape: { deleting: true, finalizers: ["foregroundDeletion"], dependents: ["b"] },
    does: [],
  },
  {
    name: "waiting without a blocking one: goes",
    shape: { deleting: true, finalizers: ["foregroundDeletion", "x"], dependents: [""] },
    does: ["finalizers [x]"],
  },
  {
    name: "orphaning: dependents are cut loose, then it goes",
    shape: { deleting: true, finalizers: ["orphan"], dependents: ["b", ""] },
    does: ["child0 owners []", "child1 owners []", "finalizers []"],
  },
];

for (const { name, shape, does } of table) {
  test(`garbage: ${name}`, () => {
    assert.deepEqual(words(planCollection(seen(shape)).actions), does);
  });
}

test("a delete names the uid and the revision that were judged", () => {
  const [action] = planCollection(seen({ owners: ["absent"] })).actions;
  assert.ok(action?.verb === "delete");
  assert.deepEqual(action.options?.preconditions, { uid: "it", resourceVersion: "5" });
});
