// What may still be written in a namespace that ends and in one that is gone, as recorded from a real kube-apiserver.
// Invariant: an object can outlive its namespace (somebody emptied the namespace's finalizers by hand); it can be deleted, not changed.
// Called by: node --test. Next on the way: namespaceLifecycle.ts.

import assert from "node:assert/strict";
import { before, after, describe, test } from "node:test";
import { created, testServer, type TestServer } from "../testing.ts";

const pod = { metadata: { name: "p", finalizers: ["a/b"] }, spec: { containers: [{ name: "c", image: "i" }] } };
const deployment = {
  metadata: { name: "d" },
  spec: {
    replicas: 0,
    selector: { matchLabels: { a: "b" } },
    template: { metadata: { labels: { a: "b" } }, spec: pod.spec },
  },
};
const core = "/api/v1/namespaces/v";
const merge = "application/merge-patch+json";
const gone = '404 namespaces "v" not found';
const ending = (subject: string): string =>
  `403 ${subject} is forbidden: unable to create new content in namespace v because it is being terminated`;

/** Request, body, answer while the namespace ends, answer when it is gone. */
const cases: readonly (readonly [request: string, body: object, terminating: string, gone: string, media?: string])[] = [
  [`PATCH ${core}/configmaps/x`, { data: { a: "b" } }, "200", gone, merge],
  [`PUT ${core}/configmaps/x`, { metadata: { name: "x" } }, "200", gone],
  [`PUT ${core}/configmaps/zz`, { metadata: { name: "zz" } }, '404 configmaps "zz" not found', '404 configmaps "zz" not found'],
  [`PATCH ${core}/pods/p/status`, { status: { message: "b" } }, "200", gone, merge],
  ["PATCH /apis/apps/v1/namespaces/v/deployments/d/scale", { spec: { replicas: 1 } }, "200", gone, merge],
  [`POST ${core}/pods/p/binding`, { metadata: { name: "p" }, target: { name: "n" } }, ending('pods "p"'), gone],
  [`POST ${core}/bindings`, { metadata: { name: "p" }, target: { name: "n" } }, ending('bindings "p"'), gone],
  [`POST ${core}/pods/p/eviction`, { metadata: { name: "p" } }, ending('pods "p"'), gone],
  [`POST ${core}/serviceaccounts/s/token`, {}, ending('serviceaccounts "s"'), gone],
  [`POST ${core}/configmaps`, { metadata: { generateName: "g-" } }, ending('configmaps "g-"'), gone],
  ["PUT /apis/coordination.k8s.io/v1/namespaces/v/leases/l", { metadata: { name: "l" } }, ending('leases.coordination.k8s.io "l"'), gone],
  [
    `PATCH ${core}/configmaps/y?fieldManager=q`,
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "y" } },
    ending('configmaps "y"'),
    gone,
    "application/apply-patch+yaml",
  ],
  ["POST /apis/authorization.k8s.io/v1/namespaces/v/localsubjectaccessreviews", review(), "201", "201"],
  [`DELETE ${core}/serviceaccounts/s`, {}, "200", '404 serviceaccounts "s" not found'],
  [`DELETE ${core}/configmaps/z`, {}, '404 configmaps "z" not found', '404 configmaps "z" not found'],
];

function review(): object {
  return { metadata: { namespace: "v" }, spec: { user: "x", resourceAttributes: { namespace: "v", verb: "get" } } };
}

describe("writes in a namespace that ends, and after it", () => {
  let server: TestServer;
  const send = async (request: string, body: object, media = "application/json"): Promise<string> => {
    const [method = "", target = ""] = request.split(" ");
    const { status, text } = await server.ask({ method, target, headers: { "content-type": media }, body: JSON.stringify(body) });
    const { message } = JSON.parse(text) as { message?: string };
    return status < 400 ? String(status) : `${status} ${message}`;
  };

  before(async () => {
    server = await testServer();
    await created(server, "/api/v1/namespaces", { metadata: { name: "v" } });
    await created(server, `${core}/serviceaccounts`, { metadata: { name: "default" } });
    await created(server, `${core}/serviceaccounts`, { metadata: { name: "s" } });
    await created(server, `${core}/configmaps`, { metadata: { name: "x" } });
    await created(server, `${core}/pods`, pod);
    await created(server, "/apis/apps/v1/namespaces/v/deployments", deployment);
    assert.equal(await send("DELETE /api/v1/namespaces/v", {}), "200");
  });
  after(() => server.close());

  for (const [request, body, terminating, , media] of cases)
    test(`ending: ${request}`, async () => assert.equal(await send(request, body, media), terminating));

  test("the namespace is emptied by hand", async () => {
    assert.equal(await send("PUT /api/v1/namespaces/v/finalize", { metadata: { name: "v" }, spec: { finalizers: [] } }), "200");
    assert.equal(await send("GET /api/v1/namespaces/v", {}), '404 namespaces "v" not found');
  });

  for (const [request, body, , vanished, media] of cases)
    test(`gone: ${request}`, async () => assert.equal(await send(request, body, media), vanished));

  test("what is left can be deleted", async () => assert.equal(await send(`DELETE ${core}/configmaps/x`, {}), "200"));
});
