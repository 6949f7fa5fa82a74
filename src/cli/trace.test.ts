// The tree of a trace from spans as the components record them.
// Invariant shown: children under their cause by time, lost parents at the root, cycles do not hide spans, the newest trace wins.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Span } from "#lib";
import { parseTarget } from "./target.ts";
import { tracesOf, treeLines } from "./trace-tree.ts";

const span = (
  traceId: string,
  spanId: string,
  parentSpanId: string | undefined,
  component: string,
  name: string,
  startMs: number,
  attributes: Span["attributes"] = {},
): Span => ({
  traceId,
  spanId,
  component,
  name,
  startMs,
  endMs: startMs + 2,
  attributes,
  ...(parentSpanId ? { parentSpanId } : {}),
});

const spans: Span[] = [
  span("t1", "c", "b", "deployment-controller", "create replicasets", 120, { key: "default/web" }),
  span("t1", "a", "client", "apiserver", "PATCH deployments", 100, {
    key: "/registry/deployments/default/web",
    revision: 7,
    user: "kubernetes-admin",
  }),
  span("t1", "b", "a", "deployment-controller", "reconcile", 110, { key: "default/web" }),
  span("t1", "lost", "gone", "kubelet", "cri RunPodSandbox", 150, { outcome: "OK" }),
  span("t1", "x", "y", "a", "one", 160),
  span("t1", "y", "x", "a", "two", 161),
  span("t0", "o", undefined, "apiserver", "POST deployments", 1, { key: "/registry/deployments/default/web" }),
  span("t2", "z", undefined, "apiserver", "POST pods", 200, { key: "/registry/pods/default/web" }),
];

test("the traces of an object are those that begin with it", () => {
  assert.deepEqual(
    tracesOf(spans, "deployments", "default", "web").map((trace) => trace.traceId),
    ["t0", "t1"],
  );
  assert.deepEqual(tracesOf(spans, "deployments", "other", "web"), []);
});

test("the tree", () => {
  assert.deepEqual(treeLines(tracesOf(spans, "deployments", "default", "web").at(-1)!.spans), [
    "    +0 ms     2 ms  apiserver: PATCH deployments  user=kubernetes-admin key=/registry/deployments/default/web revision=7",
    "   +10 ms     2 ms    deployment-controller: reconcile  key=default/web",
    "   +20 ms     2 ms      deployment-controller: create replicasets  key=default/web",
    "   +50 ms     2 ms  kubelet: cri RunPodSandbox  outcome=OK",
    "   +60 ms     2 ms  a: one",
    "   +61 ms     2 ms    a: two",
  ]);
});

test("what may be asked for", () => {
  const asked = (text: string, second?: string): unknown => {
    const { info, name } = parseTarget(text, second);
    return [info.resource, info.group, name];
  };
  assert.deepEqual(asked("deploy/web"), ["deployments", "apps", "web"]);
  assert.deepEqual(asked("Deployment.apps/web"), ["deployments", "apps", "web"]);
  assert.deepEqual(asked("leases.v1.coordination.k8s.io/x"), ["leases", "coordination.k8s.io", "x"]);
  assert.deepEqual(asked("po", "x"), ["pods", "", "x"]);
  for (const wrong of ["web", "a/b/c", "/web", "pod/"]) assert.throws(() => parseTarget(wrong), /is not KIND\/NAME/);
  assert.throws(() => parseTarget("podz/x"), /no kind "podz"; did you mean pods\?/);
});
