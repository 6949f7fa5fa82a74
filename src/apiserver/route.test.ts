// Tests of route.ts: one row per form of a target.
// Invariant: each row's answer is what kube-apiserver's RequestInfo says for the same request.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { route } from "./route.ts";

const rows: readonly [request: string, want: string][] = [
  ["GET /api/v1/namespaces/default/pods", "list /v1 pods in default"],
  ["GET /api/v1/pods?watch=1", "watch /v1 pods"],
  ["GET /api/v1/pods?watch", "watch /v1 pods"],
  ["GET /api/v1/pods?watch=false", "list /v1 pods"],
  ["GET /api/v1/watch/namespaces/default/pods/a", "watch /v1 pods a in default"],
  ["GET /api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Da", "list /v1 pods a in default"],
  ["GET /api/v1/namespaces/default", "get /v1 namespaces default in default"],
  ["PUT /api/v1/namespaces/default/finalize", "update /v1 namespaces default/finalize in default"],
  ["PATCH /apis/apps/v1/namespaces/d/deployments/web/scale", "patch apps/v1 deployments web/scale in d"],
  ["DELETE /apis/apps/v1/namespaces/d/deployments", "deletecollection apps/v1 deployments in d"],
  ["POST /api/v1/namespaces/d/pods/a/binding", "create /v1 pods a/binding in d"],
  ["GET /api/v1/nodes/n1", "get /v1 nodes n1"],
  ["GET /apis/apps/v1", "path get"],
  ["GET /healthz", "path get"],
];

for (const [request, want] of rows) {
  test(`route() reads ${request}`, () => {
    const [method, target] = request.split(" ") as [string, string];
    const info = route(method, target);
    const name = info.name === "" ? "" : ` ${info.name}${info.subresource === "" ? "" : `/${info.subresource}`}`;
    const where = info.namespace === "" ? "" : ` in ${info.namespace}`;
    const got = info.isResourceRequest
      ? `${info.verb} ${info.apiGroup}/${info.apiVersion} ${info.resource}${name}${where}`
      : `path ${info.verb}`;
    assert.equal(got, want);
  });
}
