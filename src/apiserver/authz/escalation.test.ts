// Replays writes of roles and bindings recorded on a real kube-apiserver: who may grant what, and the texts of the refusals.
// Invariant: code and message equal upstream's, case by case (conformance/authz/escalation.json).
// Called by: npm test.   Next on the way: nodeRestriction.test.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ApiError, type ApiObject } from "#api";
import { rbacPolicy } from "../bootstrap/rbacPolicy.ts";
import { checkEscalation } from "./escalation.ts";
import { newAuthorizerParts } from "./follow.ts";

interface Recording {
  objects: ApiObject[];
  cases: { user: string; object: ApiObject; code: number; message: string }[];
}

const recording = JSON.parse(readFileSync(new URL("../../../conformance/authz/escalation.json", import.meta.url), "utf8")) as Recording;

const everything: ApiObject = {
  kind: "ClusterRole",
  apiVersion: "rbac.authorization.k8s.io/v1",
  metadata: { name: "all" },
  rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
};

function answer(write: () => void): { code: number; message: string } {
  try {
    write();
    return { code: 201, message: "" };
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return { code: error.status.code ?? 0, message: error.status.message ?? "" };
  }
}

test("nobody grants more than they hold", async (t) => {
  const parts = newAuthorizerParts();
  for (const object of [...rbacPolicy(), ...recording.objects]) parts.rbac.put(object);
  for (const { user, object, code, message } of recording.cases) {
    await t.test(`${user} writes ${object.kind} ${object.metadata.name}`, () => {
      const who = { name: user, groups: ["system:authenticated"] };
      assert.deepEqual(
        answer(() => checkEscalation(parts, { user: who, object })),
        { code, message },
      );
    });
  }
  await t.test("finalizers may go from a role that their remover could not grant, labels may not", () => {
    const user = { name: "nob", groups: ["system:authenticated"] };
    const old: ApiObject = { ...everything, metadata: { name: "all", finalizers: ["x/y"], resourceVersion: "7" } };
    checkEscalation(parts, { user, object: { ...everything, metadata: { name: "all", finalizers: [], resourceVersion: "7" } }, old });
    const labelled = { ...old, metadata: { ...old.metadata, labels: { a: "b" } } };
    assert.throws(
      () => checkEscalation(parts, { user, object: labelled, old }),
      /is attempting to grant RBAC permissions not currently held/,
    );
  });
  await t.test("a member of system:masters writes anything", () => {
    const root = { name: "root", groups: ["system:masters"] };
    for (const { object } of recording.cases) checkEscalation(parts, { user: root, object });
  });
});
