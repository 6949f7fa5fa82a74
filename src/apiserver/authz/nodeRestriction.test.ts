// What a node may write, one row a case.
// Invariant: a refusal is upstream's text; whoever is no node passes.
// Called by: npm test.   Next on the way: authn/serviceAccount.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "#api";
import type { ObjectReader } from "../stages.ts";
import { checkNodeRestriction, type NodeWrite } from "./nodeRestriction.ts";

const pod = (nodeName: string, more: Partial<ApiObject["metadata"]> = {}, spec: object = {}): ApiObject => ({
  kind: "Pod",
  apiVersion: "v1",
  metadata: { name: "p", namespace: "n", uid: "pod-uid", ...more },
  spec: { nodeName, containers: [], ...spec },
});
const node = (name: string, labels: Record<string, string> = {}, spec: object = {}): ApiObject => ({
  kind: "Node",
  apiVersion: "v1",
  metadata: { name, uid: `${name}-uid`, labels },
  spec,
});
const projected = { volumes: [{ name: "t", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }] };
const stored: Record<string, ApiObject> = {
  "pods n/p": pod("n1", {}, projected),
  "pods n/other": pod("n2", { name: "other" }),
  "nodes /n1": node("n1"),
};
const reader: ObjectReader = {
  get: async (_group, resource, namespace, name) => stored[`${resource} ${namespace}/${name}`],
  has: async () => false,
  list: async () => [],
  follow: async () => undefined,
  followUnread: () => Promise.resolve(),
};
const tokenFor = (ref: object | null, audiences: string[] = []): ApiObject => ({
  kind: "TokenRequest",
  apiVersion: "authentication.k8s.io/v1",
  metadata: {},
  spec: { audiences, boundObjectRef: ref },
});
const mirror = { annotations: { "kubernetes.io/config.mirror": "x" } };
const owner = { apiVersion: "v1", kind: "Node", name: "n1", uid: "n1-uid", controller: true };
const ownRef = { apiVersion: "v1", kind: "Pod", name: "p", uid: "pod-uid" };

const base = {
  user: { name: "system:node:n1", groups: ["system:nodes"] },
  operation: "UPDATE",
  group: "",
  subresource: "",
  namespace: "n",
  name: "p",
} as const;
const status = { ...base, resource: "pods", subresource: "status" } as const;
const nodes = { ...base, resource: "nodes", namespace: "", name: "n1" } as const;
const tokens = { ...base, resource: "serviceaccounts", operation: "CREATE", subresource: "token", name: "default" } as const;
const create = { ...base, resource: "pods", operation: "CREATE" } as const;
const lease = { ...base, group: "coordination.k8s.io", resource: "leases", namespace: "kube-node-lease" } as const;

const cases: { name: string; write: NodeWrite; refused?: RegExp }[] = [
  { name: "status of its own pod", write: { ...status, object: pod("n1"), old: pod("n1") } },
  {
    name: "status of another node's pod",
    write: { ...status, object: pod("n2"), old: pod("n2") },
    refused: /node "n1" can only update pod status for pods with spec.nodeName set to itself/,
  },
  {
    name: "labels through status",
    write: { ...status, object: pod("n1", { labels: { a: "b" } }), old: pod("n1") },
    refused: /node "n1" cannot update labels through pod status/,
  },
  { name: "delete of its own pod", write: { ...base, resource: "pods", operation: "DELETE" } },
  {
    name: "delete of another node's pod",
    write: { ...base, resource: "pods", operation: "DELETE", name: "other" },
    refused: /node "n1" can only delete pods with spec.nodeName set to itself/,
  },
  {
    name: "update of a pod's spec",
    write: { ...base, resource: "pods", object: pod("n1"), old: pod("n1") },
    refused: /unexpected operation "UPDATE", node "n1" can only create and delete mirror pods/,
  },
  {
    name: "exec into a pod",
    write: { ...create, subresource: "exec" },
    refused: /unexpected pod subresource "exec", only 'status' and 'eviction' are allowed/,
  },
  {
    name: "create of an ordinary pod",
    write: { ...create, object: pod("n1") },
    refused: /pod does not have "kubernetes.io\/config.mirror" annotation, node "n1" can only create mirror pods/,
  },
  {
    name: "mirror pod on another node",
    write: { ...create, object: pod("n2", mirror) },
    refused: /can only create pods with spec.nodeName set to itself/,
  },
  {
    name: "mirror pod without owner",
    write: { ...create, object: pod("n1", mirror) },
    refused: /can only create pods with an owner reference set to itself/,
  },
  { name: "mirror pod of its own", write: { ...create, object: pod("n1", { ...mirror, ownerReferences: [owner] }) } },
  {
    name: "mirror pod with an old node's uid",
    write: { ...create, object: pod("n1", { ...mirror, ownerReferences: [{ ...owner, uid: "x" }] }) },
    refused: /node n1 UID mismatch: expected x got n1-uid/,
  },
  { name: "its own node", write: { ...nodes, object: node("n1", { "kubernetes.io/hostname": "n1", mine: "1" }), old: node("n1") } },
  {
    name: "another node",
    write: { ...nodes, name: "n2", object: node("n2"), old: node("n2") },
    refused: /node "n1" is not allowed to modify node "n2"/,
  },
  {
    name: "create of its node with a reserved label",
    write: { ...nodes, operation: "CREATE", object: node("n1", { "node-role.kubernetes.io/control-plane": "" }) },
    refused: /node "n1" is not allowed to set the following labels: node-role.kubernetes.io\/control-plane/,
  },
  {
    name: "a reserved label later",
    write: { ...nodes, object: node("n1", { "x.node-restriction.kubernetes.io/a": "" }), old: node("n1") },
    refused: /is not allowed to modify labels: x.node-restriction.kubernetes.io\/a/,
  },
  { name: "a label named constructor", write: { ...nodes, object: node("n1", { constructor: "x" }), old: node("n1") } },
  {
    name: "taints",
    write: { ...nodes, object: node("n1", {}, { taints: [] }), old: node("n1", {}, { taints: [{ key: "a" }] }) },
    refused: /node "n1" is not allowed to modify taints/,
  },
  { name: "its lease", write: { ...lease, name: "n1" } },
  {
    name: "another lease",
    write: { ...lease, name: "n2" },
    refused: /can only access node lease with the same name as the requesting node/,
  },
  { name: "token for its pod", write: { ...tokens, object: tokenFor(ownRef) } },
  { name: "token bound to nothing", write: { ...tokens, object: tokenFor(null) }, refused: /node requested token not bound to a pod/ },
  {
    name: "token without the pod's uid",
    write: { ...tokens, object: tokenFor({ ...ownRef, uid: "" }) },
    refused: /node requested token with a pod binding without a uid/,
  },
  {
    name: "token for another node's pod",
    write: { ...tokens, object: tokenFor({ ...ownRef, name: "other" }) },
    refused: /node requested token bound to a pod scheduled on a different node/,
  },
  {
    name: "token for an audience the pod does not name",
    write: { ...tokens, object: tokenFor(ownRef, ["vault"]) },
    refused: /audience "vault" not found in pod spec volume, system:node:n1 is not authorized/,
  },
  { name: "a user who is no node", write: { ...nodes, user: { name: "ann", groups: [] }, name: "n2", object: node("n2") } },
  {
    name: "a node without a name",
    write: { ...nodes, user: { name: "system:node:", groups: ["system:nodes"] } },
    refused: /could not determine node from user "system:node:"/,
  },
];

for (const { name, write, refused } of cases) {
  test(`node writes: ${name}`, async () => {
    const check = checkNodeRestriction(reader, write);
    if (refused) await assert.rejects(check, refused);
    else await check;
  });
}
