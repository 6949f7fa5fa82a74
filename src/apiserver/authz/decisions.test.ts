// Replays access reviews recorded on a real kube-apiserver: roles, bindings, nodes, paths, and the reasons given.
// Invariant: allowed and reason equal upstream's, case by case; the recording is data (conformance/authz/decisions.json).
// Called by: npm test.   Next on the way: escalation.test.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ApiObject } from "#api";
import { ManualClock } from "#lib";
import { rbacPolicy } from "../bootstrap/rbacPolicy.ts";
import type { RequestContext, VirtualResource } from "../stages.ts";
import { newAuthorizerParts } from "./follow.ts";
import { createReviews } from "./reviews.ts";

interface Recording {
  objects: ApiObject[];
  cases: { spec: object; allowed: boolean; reason: string }[];
}

const recording = JSON.parse(readFileSync(new URL("../../../conformance/authz/decisions.json", import.meta.url), "utf8")) as Recording;

const nobody = {} as RequestContext;

function subjectReview(): VirtualResource {
  const authorizer = newAuthorizerParts();
  for (const object of [...rbacPolicy(), ...recording.objects]) {
    if (object.kind === "Pod") authorizer.nodes.put(object);
    else authorizer.rbac.put(object);
  }
  const tokens = { authenticateToken: async () => ({ error: "no tokens here" }) };
  const found = createReviews({ authorizer, tokens, clock: new ManualClock() }).find(({ resource }) => resource === "subjectaccessreviews");
  assert.ok(found);
  return found;
}

test("access reviews answer as kube-apiserver does", async (t) => {
  const review = subjectReview();
  for (const { spec, allowed, reason } of recording.cases) {
    await t.test(JSON.stringify(spec), async () => {
      const answer = await review.create(
        { kind: "SubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec },
        nobody,
      );
      assert.deepEqual(answer["status"], { allowed, ...(reason === "" ? {} : { reason }) });
    });
  }
});

test("a review must say what and who", async (t) => {
  const review = subjectReview();
  const attributes = { verb: "get", resource: "pods" };
  const cases = [
    { name: "neither resource nor path", spec: { user: "ann" }, message: /spec\.resourceAttributes: Invalid value: null: exactly one of/ },
    {
      name: "both",
      spec: { user: "ann", resourceAttributes: attributes, nonResourceAttributes: { path: "/x", verb: "get" } },
      message: /cannot be specified in combination with resourceAttributes/,
    },
    {
      name: "nobody",
      spec: { resourceAttributes: attributes },
      message: /spec\.user: Invalid value: "": at least one of user or group must be specified/,
    },
  ];
  for (const { name, spec, message } of cases) {
    await t.test(name, async () => {
      const object = { kind: "SubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {}, spec };
      await assert.rejects(review.create(object, nobody), message);
    });
  }
});

test("rights go when their role, binding or pod goes", () => {
  const { rbac, nodes } = newAuthorizerParts();
  const group = "rbac.authorization.k8s.io/v1";
  const user = { name: "ann", groups: [] };
  rbac.put({
    kind: "Role",
    apiVersion: group,
    metadata: { name: "r", namespace: "n" },
    rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }],
  });
  rbac.put({
    kind: "RoleBinding",
    apiVersion: group,
    metadata: { name: "b", namespace: "n" },
    roleRef: { kind: "Role", name: "r" },
    subjects: [{ kind: "User", name: "ann" }],
  });
  assert.equal(rbac.grantsFor(user, "n").length, 1);
  assert.equal(rbac.rulesOf("Role", "r", "n")?.length, 1);
  rbac.remove("Role", "n", "r");
  assert.equal(rbac.rulesOf("Role", "r", "n"), undefined);
  rbac.remove("RoleBinding", "n", "b");
  assert.equal(rbac.grantsFor(user, "n").length, 0);

  const pod = (nodeName: string, secretName: string): ApiObject => ({
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name: "p", namespace: "n" },
    spec: { nodeName, containers: [], volumes: [{ name: "v", secret: { secretName } }] },
  });
  nodes.put(pod("n1", "old"));
  nodes.put(pod("n1", "new"));
  assert.deepEqual([nodes.reaches("n1", "secret", "n", "old"), nodes.reaches("n1", "secret", "n", "new")], [false, true]);
  nodes.remove("n", "p");
  assert.equal(nodes.reaches("n1", "secret", "n", "new"), false);
});

test("a node's pods are read when it asks about them, as they are then", () => {
  const { nodes } = newAuthorizerParts();
  const reads: string[] = [];
  const pod = (name: string, nodeName: string, secretName: string) => (): ApiObject => {
    reads.push(`${name} ${secretName}`);
    return {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name, namespace: "n" },
      spec: { nodeName, containers: [], volumes: [{ name: "v", secret: { secretName } }] },
    };
  };
  nodes.changed("n", "a", "", pod("a", "", "s"));
  nodes.changed("n", "a", "n1", pod("a", "n1", "old"));
  nodes.changed("n", "a", "n1", pod("a", "n1", "new"));
  nodes.changed("n", "b", "n2", pod("b", "n2", "other"));
  nodes.changed("n", "c", "n1", pod("c", "n1", "gone"));
  nodes.remove("n", "c");
  assert.deepEqual(reads, []);
  assert.deepEqual([nodes.reaches("n1", "secret", "n", "old"), nodes.reaches("n1", "secret", "n", "new")], [false, true]);
  assert.equal(nodes.reaches("n1", "secret", "n", "gone"), false);
  assert.deepEqual(reads, ["a new"]);
  // Deleted and made anew on another node, before anybody asked again.
  nodes.changed("n", "a", "n1", pod("a", "n1", "newer"));
  nodes.changed("n", "a", "n2", pod("a", "n2", "moved"));
  assert.deepEqual([nodes.reaches("n1", "secret", "n", "new"), nodes.reaches("n2", "secret", "n", "moved")], [false, true]);
  assert.deepEqual(reads, ["a new", "b other", "a moved"]);
});
