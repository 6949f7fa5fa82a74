// Proxies, as a real kube-apiserver answered the same requests: what arrives at the other end, what comes back, what is refused.
// Invariant: the other end is a function that says what it was asked; nothing is dialled.
// Called by: node --test. Next on the way: proxy.ts.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { header, type HttpResponse } from "#wire";
import type { NodeProxy, Outbound, OutboundRequest } from "../../../stages.ts";
import { created, testServer, type TestServer } from "../../../testing.ts";

const address = "192.0.2.2";
const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

async function otherEnd(server: string, { method, target, headers }: OutboundRequest): Promise<HttpResponse> {
  if (server.endsWith(":1")) throw refused;
  if (target.startsWith("/die")) throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  const moved = (location: string): HttpResponse => ({ status: 302, headers: { location, connection: "close" }, body: undefined });
  if (target === "/moved") return moved("/there");
  if (target === "/moved/abs") return moved(`http://${address}:8080/there/`);
  if (target === "/moved/rel") return moved("there");
  if (target === "/moved/away") return moved("http://example.com/x");
  if (target === "/moved/home") return moved("/api/v1/namespaces/story/pods/web/proxy/there");
  if (target === "/fail") return { status: 418, headers: { "x-tea": "pot" }, body: Buffer.from("short and stout") };
  const seen = Object.entries(headers).map(([name, value]) => `${name}=${String(value)}`);
  return { status: 200, headers: {}, body: Buffer.from([server, method, target, ...seen].join(" ")) };
}

const nowhere = (): never => {
  throw new Error("not here");
};
const outbound: Outbound = { request: otherEnd, upgrade: nowhere };
const nodeProxy: NodeProxy = {
  fetch: nowhere,
  upgrade: nowhere,
  request: (node, request) => otherEnd(`kubelet://${node}`, request),
};

const story = "/api/v1/namespaces/story";
const sent = (path: string): string => `host=h x-my=1 x-forwarded-for=10.9.8.7 x-forwarded-uri=${path}`;
const gone = (text: string): string => `503 error trying to reach service: ${text}`;

/** Path, then status and text of the answer; a redirection's target. */
const cases: readonly (readonly [path: string, want: string])[] = [
  ["/pods/web/proxy", `301 ${story}/pods/web/proxy/`],
  ["/pods/web/proxy?a=b", `301 ${story}/pods/web/proxy/?a=b`],
  ["/pods/web/proxy/", `200 http://${address}:8080 GET / ${sent(`${story}/pods/web/proxy/`)}`],
  ["/pods/web/proxy/a/b/?q=1&r=%20", `200 http://${address}:8080 GET /a/b/?q=1&r=%20 ${sent(`${story}/pods/web/proxy/a/b/`)}`],
  ["/pods/web:9/proxy/x%2Fy%3F", `200 http://${address}:9 GET /x/y%3F ${sent(`${story}/pods/web:9/proxy/x/y%3F`)}`],
  ["/pods/https:web:9/proxy/", `200 https://${address}:9 GET / ${sent(`${story}/pods/https:web:9/proxy/`)}`],
  ["/pods/web:1/proxy/", gone(`dial tcp ${address}:1: connect: connection refused`)],
  ["/pods/web/proxy/die", gone("EOF")],
  ["/pods/web/proxy/fail", "418 short and stout"],
  ["/pods/web/proxy/moved", `302 ${story}/pods/web/proxy/there`],
  ["/pods/web/proxy/moved/abs", `302 ${story}/pods/web/proxy/there/`],
  ["/pods/web/proxy/moved/rel", "302 there"],
  ["/pods/web/proxy/moved/away", "302 http://example.com/x"],
  ["/pods/web/proxy/moved/home", `302 ${story}/pods/web/proxy/there`],
  ["/pods/a:b:c:d/proxy/", '400 invalid pod request "a:b:c:d"'],
  ["/pods/ftp:web:1/proxy/", '400 invalid pod request "ftp:web:1"'],
  ["/pods/nope/proxy/", '404 pods "nope" not found'],
  ["/pods/new/proxy/", "400 address not allowed"],
  ["/pods/sneaky/proxy/", "400 address not allowed"],
  ["/pods/pretend/proxy/", gone("dial tcp 10.244.0.9:80: the pods of node sim are simulated, nothing listens there")],
  ["/services/web:80/proxy/z", `200 http://${address}:8080 GET /z ${sent(`${story}/services/web:80/proxy/z`)}`],
  ["/services/https:web:h/proxy/z", `200 https://${address}:8080 GET /z ${sent(`${story}/services/https:web:h/proxy/z`)}`],
  ["/services/web/proxy/z", '503 no endpoints available for service "web"'],
  ["/services/web:99/proxy/", '503 no service port 99 found for service "web"'],
  ["/services/web:81/proxy/", '503 no endpoints available for service "web:81"'],
  ["/services/lone:80/proxy/", '404 services "lone" not found'],
  ["/services/nope/proxy/", '404 services "nope" not found'],
  ["/services/forged:80/proxy/", '503 no endpoints available for service "forged:80"'],
];

async function furnish(server: TestServer): Promise<void> {
  await created(server, "/api/v1/namespaces", { metadata: { name: "story" } });
  await created(server, `${story}/serviceaccounts`, { metadata: { name: "default" } });
  const nodeInfo = { containerRuntimeVersion: "simulated://0.1.0" };
  await created(server, "/api/v1/nodes", { metadata: { name: "sim" }, status: { nodeInfo } });
  const pods = { web: address, new: "", sneaky: "169.254.169.254", pretend: "10.244.0.9" };
  for (const [name, podIP] of Object.entries(pods)) {
    const ports = name === "web" ? { ports: [{ containerPort: 8080 }] } : {};
    const spec = { ...(name === "pretend" && { nodeName: "sim" }), containers: [{ name: "c", image: "i", ...ports }] };
    await created(server, `${story}/pods`, { metadata: { name }, spec });
    const body = JSON.stringify({ status: { podIP, podIPs: podIP === "" ? [] : [{ ip: podIP }] } });
    const headers = { "content-type": "application/merge-patch+json" };
    assert.equal((await server.ask({ method: "PATCH", target: `${story}/pods/${name}/status`, headers, body })).status, 200);
  }
  const service = (name: string, ports: object[]): Promise<unknown> =>
    created(server, `${story}/services`, { metadata: { name }, spec: { ports } });
  const endpoints = (name: string, ip: string): Promise<unknown> => {
    const targetRef = { kind: "Pod", name: "web", namespace: "story" };
    const subsets = [{ addresses: [{ ip, targetRef }], ports: [{ name: "h", port: 8080 }] }];
    return created(server, `${story}/endpoints`, { metadata: { name }, subsets });
  };
  await service("web", [
    { name: "h", port: 80 },
    { name: "none", port: 81 },
  ]);
  await endpoints("web", address);
  await service("lone", [{ port: 80 }]);
  await service("forged", [{ name: "h", port: 80 }]);
  await endpoints("forged", "203.0.113.5");
}

describe("proxies", () => {
  let server: TestServer;
  const ask = async (method: string, target: string): Promise<string> => {
    const headers = { host: "h", "x-my": "1", authorization: "Bearer secret", "impersonate-user": "", connection: "x-hop", "x-hop": "1" };
    const answer = await server.ask({ method, target, headers, peer: "10.9.8.7" });
    const location = header(answer.headers, "location");
    if (location !== undefined) return `${answer.status} ${location}`;
    const { message } = answer.text.startsWith("{") ? (JSON.parse(answer.text) as { message?: string }) : { message: answer.text };
    return `${answer.status} ${message}`;
  };

  before(async () => {
    server = await testServer(undefined, { outbound, nodeProxy });
    await furnish(server);
  });
  after(() => server.close());

  for (const [path, want] of cases) test(path, async () => assert.equal(await ask("GET", `${story}${path}`), want));

  test("every method goes through", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      assert.match(await ask(method, `${story}/pods/web/proxy/x`), new RegExp(`^200 http://${address}:8080 ${method} /x `));
  });

  test("a node's own API", async () => {
    const path = "/api/v1/nodes/sim/proxy/healthz";
    assert.equal(await ask("GET", path), `200 kubelet://sim GET /healthz ${sent(path)}`);
    assert.equal(await ask("GET", "/api/v1/nodes/nope/proxy/x"), '404 nodes "nope" not found');
  });
});
