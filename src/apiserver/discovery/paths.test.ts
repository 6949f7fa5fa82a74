// Paths that are no resources, as requests and answers: version, health, discovery's forms, OpenAPI, keys.
// Invariant: status, media type and caching headers are upstream's.
// Called by: npm test.   Next on the way: the e2e runs with real kubectl.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { MetricRegistry, silentLog } from "#lib";
import { readAll } from "#wire";
import { verifyingKey } from "../authn/jwt.ts";
import type { RequestContext } from "../stages.ts";
import { ping } from "./health.ts";
import { createPaths } from "./paths.ts";
import { aggregatedType } from "./negotiate.ts";
import { versionInfo } from "./version.ts";

function server() {
  let broken: string | undefined;
  const publicKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString();
  const paths = createPaths({
    serverAddress: "192.0.2.1:6443",
    version: versionInfo({ gitVersion: "v1.36.3+dhow.1", nodeVersion: "v26.10.0", machine: "x64" }),
    checks: { livez: [ping, { name: "etcd", check: () => broken }], readyz: [{ name: "informer-sync", check: () => undefined }] },
    metrics: new MetricRegistry(),
    log: silentLog(),
    issuer: "https://issuer",
    tokenKeys: [verifyingKey(publicKey)],
  });
  const breakStore = (reason: string | undefined): void => {
    broken = reason;
  };
  const get = async (target: string, headers: Record<string, string> = {}, method = "GET") => {
    const body = (async function* () {})();
    const request = { method, target, headers, body, peer: { address: "" }, signal: new AbortController().signal };
    const response = await paths.handle(request, {} as RequestContext);
    if (!response) return undefined;
    return { status: response.status, headers: response.headers, text: (await readAll(response.body, 1e8)).toString() };
  };
  return { breakStore, get };
}

test("version tells the release it speaks and what runs it", async () => {
  const answer = await server().get("/version?timeout=32s");
  assert.match(answer?.text ?? "", /"gitVersion":"v1\.36\.3\+dhow\.1".*"goVersion":"node26\.10\.0"/);
});

test("health: ok, verbose, excluded, one check, failing", async () => {
  const { get, breakStore } = server();
  assert.equal((await get("/livez"))?.text, "ok");
  assert.equal((await get("/readyz?verbose"))?.text, "[+]ping ok\n[+]etcd ok\n[+]informer-sync ok\nreadyz check passed\n");
  assert.equal(
    (await get("/livez?verbose&exclude=etcd&exclude=foo"))?.text,
    '[+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "foo"\nlivez check passed\n',
  );
  assert.equal((await get("/livez/etcd"))?.text, "ok");
  assert.equal((await get("/livez/nope"))?.status, 404);
  breakStore("disk is gone");
  const failed = await get("/healthz");
  assert.deepEqual([failed?.status, failed?.text], [500, "[+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed\n"]);
  assert.equal((await get("/healthz?exclude=etcd"))?.status, 200);
});

const forms: { name: string; accept: string; status: number; type: string }[] = [
  { name: "nothing asked", accept: "", status: 200, type: "application/json" },
  { name: "aggregated", accept: aggregatedType, status: 200, type: aggregatedType },
  { name: "aggregated by a newer client", accept: `${aggregatedType};profile=nopeer`, status: 200, type: aggregatedType },
  {
    name: "aggregated v2beta1, or plain",
    accept: "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json",
    status: 200,
    type: "application/json",
  },
  { name: "kubectl 1.20", accept: "application/json, */*", status: 200, type: "application/json" },
  { name: "YAML", accept: "application/yaml", status: 200, type: "application/yaml" },
  { name: "protobuf or anything", accept: "application/vnd.kubernetes.protobuf, */*", status: 200, type: "application/json" },
  { name: "a page", accept: "text/html", status: 406, type: "application/json" },
  { name: "another group's form", accept: "application/json;g=foo;v=v2;as=APIGroupDiscoveryList", status: 406, type: "application/json" },
];

for (const { name, accept, status, type } of forms) {
  test(`discovery's form: ${name}`, async () => {
    const answer = await server().get("/apis", accept === "" ? {} : { accept });
    assert.deepEqual([answer?.status, answer?.headers["content-type"]], [status, type]);
  });
}

test("a client that has the document is told so", async () => {
  const { get } = server();
  for (const [target, accept] of [
    ["/apis", aggregatedType],
    ["/api", aggregatedType],
    ["/openapi/v3/apis/apps/v1", "application/json"],
    ["/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"],
  ] as const) {
    const first = await get(target, { accept });
    const etag = String(first?.headers["etag"]);
    assert.match(etag, /^"[0-9A-F]{128}"$/);
    const second = await get(target, { accept, "if-none-match": etag });
    assert.deepEqual([second?.status, second?.text, second?.headers["etag"]], [304, "", etag]);
  }
});

test("what is not there", async () => {
  const { get } = server();
  assert.equal((await get("/apis/example.com"))?.text, "404 page not found\n");
  assert.match((await get("/apis/apps/v9"))?.text ?? "", /"the server could not find the requested resource"/);
  assert.equal((await get("/openapi/v3/apis/example.com/v1"))?.status, 404);
  assert.equal(await get("/nope"), undefined);
  assert.equal(await get("/apis/apps/v1/deployments"), undefined);
  assert.equal((await get("/version", {}, "POST"))?.status, 405);
});

test("the OpenAPI index leads to documents that never change", async () => {
  const { get } = server();
  const index = JSON.parse((await get("/openapi/v3"))?.text ?? "") as { paths: Record<string, { serverRelativeURL: string }> };
  assert.equal(Object.keys(index.paths).length, 22);
  const answer = await get(index.paths["apis/apps/v1"]?.serverRelativeURL ?? "", { accept: "application/json" });
  assert.equal(answer?.status, 200);
  assert.match(String(answer?.headers["cache-control"]), /immutable/);
});

test("issuer and keys are published", async () => {
  const { get } = server();
  const issuer = JSON.parse((await get("/.well-known/openid-configuration"))?.text ?? "") as Record<string, unknown>;
  assert.deepEqual(
    [issuer["issuer"], issuer["jwks_uri"], issuer["id_token_signing_alg_values_supported"]],
    ["https://issuer", "https://192.0.2.1:6443/openid/v1/jwks", ["ES256"]],
  );
  const keys = await get("/openid/v1/jwks");
  assert.equal(keys?.headers["content-type"], "application/jwk-set+json");
  assert.match(keys?.text ?? "", /^\{"keys":\[\{"use":"sig","kty":"EC","crv":"P-256"/);
});
