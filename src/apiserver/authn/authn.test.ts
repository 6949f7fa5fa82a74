// Certificates, tokens, nobody, and acting as somebody else.
// Invariant: wrong credentials are 401; a token dies with its account, its pod and its time.
// Called by: npm test.   Next on the way: the pipeline's own tests.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { ApiError, type ApiObject } from "#api";
import { ManualClock, seededPrng } from "#lib";
import type { HttpRequest } from "#wire";
import type { Attributes, ObjectReader, RequestContext } from "../stages.ts";
import { createAuthenticator } from "./authenticator.ts";
import { jsonWebKeys, signingKey, verifyingKey, verifyJwt } from "./jwt.ts";
import { createTokenAuthenticator } from "./serviceAccount.ts";
import { createTokenIssuer } from "./tokenIssuer.ts";

const issuer = "https://kubernetes.default.svc.cluster.local";
const ecKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const rsaKey = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const account: ApiObject = { kind: "ServiceAccount", apiVersion: "v1", metadata: { name: "deck", namespace: "n", uid: "account-uid" } };
const pod: ApiObject = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: { name: "p", namespace: "n", uid: "pod-uid" },
  spec: { nodeName: "n1", serviceAccountName: "deck", containers: [] },
};
const node: ApiObject = { kind: "Node", apiVersion: "v1", metadata: { name: "n1", uid: "node-uid" } };
const context = {} as RequestContext;

function world() {
  const objects = new Map<string, ApiObject>([
    ["serviceaccounts n/deck", account],
    ["pods n/p", pod],
    ["nodes /n1", node],
  ]);
  const reader: ObjectReader = {
    get: async (_group, resource, namespace, name) => objects.get(`${resource} ${namespace}/${name}`),
    has: async () => false,
    list: async () => [],
    follow: async () => undefined,
    followUnread: () => Promise.resolve(),
  };
  const clock = new ManualClock();
  const key = signingKey(ecKey());
  const shared = { clock, issuer, audiences: [issuer], reader };
  const tokens = createTokenAuthenticator({ ...shared, keys: [key] });
  const allowed = new Set<string>();
  const authorizer = {
    authorize: async (a: Attributes) => ({ allowed: allowed.has(`${a.user.name} ${a.verb} ${a.resource} ${a.name}`), reason: "" }),
  };
  return {
    objects,
    clock,
    key,
    tokens,
    allowed,
    issue: createTokenIssuer({ ...shared, key, prng: seededPrng(1) }),
    authenticator: createAuthenticator({ tokens, authorizer }),
  };
}

const request = (headers: HttpRequest["headers"], more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  target: "/api/v1/pods",
  headers,
  body: (async function* () {})(),
  peer: { address: "192.0.2.1" },
  signal: new AbortController().signal,
  ...more,
});
const certificate = (commonName: string, ...organizations: string[]) => ({
  peer: { address: "", certificate: { commonName, organizations } },
});

const tokenRequest = (spec: object = {}): ApiObject => ({
  kind: "TokenRequest",
  apiVersion: "authentication.k8s.io/v1",
  metadata: {},
  spec,
});

async function issued(of: ReturnType<typeof world>, spec: object = {}): Promise<string> {
  const answer = await of.issue.issueToken(account, tokenRequest(spec), context);
  return (answer["status"] as { token: string }).token;
}

for (const [name, pem] of [
  ["EC", ecKey()],
  ["RSA", rsaKey()],
] as const) {
  test(`${name} tokens verify with their key and with no other`, () => {
    const key = signingKey(pem);
    const token = key.sign({ sub: "x" });
    assert.deepEqual(verifyJwt(token, [verifyingKey(pem)]), { sub: "x" });
    assert.equal(verifyJwt(token, [verifyingKey(ecKey())]), undefined);
    assert.equal(verifyJwt(`${token.slice(0, -8)}AAAAAAAA`, [key]), undefined);
    const [, body, signature] = token.split(".");
    const unsigned = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    assert.equal(verifyJwt(`${unsigned}.${body}.${signature}`, [key]), undefined);
    assert.equal(verifyJwt(`${unsigned}.${body}.`, [key]), undefined);
    assert.equal((jsonWebKeys([key]).keys[0] as { kid: string }).kid, key.keyId);
    assert.ok(!JSON.stringify(jsonWebKeys([key])).includes('"d"'));
  });
}

test("a certificate is its common name and organizations", async () => {
  const { authenticator } = world();
  assert.deepEqual(await authenticator.authenticate(request({}, certificate("ann", "crew"))), {
    name: "ann",
    groups: ["crew", "system:authenticated"],
  });
});

test("nobody sees health and version, and nothing else", async () => {
  const { authenticator } = world();
  for (const target of ["/healthz", "/livez?verbose", "/readyz", "/version"]) {
    const user = await authenticator.authenticate(request({}, { target }));
    assert.deepEqual(user, { name: "system:anonymous", groups: ["system:unauthenticated"] });
  }
  for (const target of ["/api", "/", "/livez/ping", "/version/x", "/metrics"])
    await assert.rejects(
      authenticator.authenticate(request({}, { target })),
      (error) => error instanceof ApiError && error.status.code === 401,
    );
});

test("a bound token carries its pod and node, in claims and in the user", async () => {
  const of = world();
  const token = await issued(of, { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p", uid: "pod-uid" }, expirationSeconds: 3607 });
  const claims = verifyJwt(token, [of.key]);
  const now = of.clock.nowMs() / 1000;
  assert.deepEqual(claims?.["kubernetes.io"], {
    namespace: "n",
    node: { name: "n1", uid: "node-uid" },
    pod: { name: "p", uid: "pod-uid" },
    serviceaccount: { name: "deck", uid: "account-uid" },
    warnafter: now + 3607,
  });
  assert.equal(claims?.["exp"], now + 31_536_000);
  assert.deepEqual(await of.authenticator.authenticate(request({ authorization: `Bearer ${token}` })), {
    name: "system:serviceaccount:n:deck",
    uid: "account-uid",
    groups: ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"],
    extra: {
      "authentication.kubernetes.io/credential-id": [`JTI=${String(claims?.["jti"])}`],
      "authentication.kubernetes.io/pod-name": ["p"],
      "authentication.kubernetes.io/pod-uid": ["pod-uid"],
      "authentication.kubernetes.io/node-name": ["n1"],
      "authentication.kubernetes.io/node-uid": ["node-uid"],
    },
  });
});

const deaths: { name: string; kill: (of: ReturnType<typeof world>) => void; error: RegExp }[] = [
  { name: "its account", kill: ({ objects }) => objects.delete("serviceaccounts n/deck"), error: /serviceaccounts "deck" not found/ },
  {
    name: "its account's uid",
    kill: ({ objects }) => objects.set("serviceaccounts n/deck", { ...account, metadata: { ...account.metadata, uid: "new" } }),
    error: /service account UID \(new\) does not match claim \(account-uid\)/,
  },
  { name: "its pod", kill: ({ objects }) => objects.delete("pods n/p"), error: /service account token has been invalidated/ },
  { name: "its time", kill: ({ clock }) => clock.advance(3600_000 + 61_000), error: /service account token has expired/ },
];

for (const { name, kill, error } of deaths) {
  test(`a token dies with ${name}, even after it was accepted`, async () => {
    const of = world();
    const token = await issued(of, { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p" }, expirationSeconds: 3600 });
    assert.ok((await of.tokens.authenticateToken(token)).user);
    kill(of);
    const answer = await of.tokens.authenticateToken(token);
    assert.ok(!answer.user);
    assert.match(answer.error, error);
    await assert.rejects(of.authenticator.authenticate(request({ authorization: `Bearer ${token}` })), /Unauthorized/);
  });
}

test("a token counts only for its audience", async () => {
  const of = world();
  const token = await issued(of, { audiences: ["vault"] });
  assert.ok(!(await of.tokens.authenticateToken(token)).user);
  const answer = await of.tokens.authenticateToken(token, ["vault", "x"]);
  assert.ok(answer.user);
  assert.deepEqual(answer.audiences, ["vault"]);
});

const refusals: { name: string; request: ApiObject; message: RegExp }[] = [
  {
    name: "too short",
    request: tokenRequest({ expirationSeconds: 300 }),
    message:
      /^TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 300: may not specify a duration less than 10 minutes$/,
  },
  {
    name: "no such pod",
    request: tokenRequest({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "zz" } }),
    message: /^pods "zz" not found$/,
  },
  {
    name: "no such kind",
    request: tokenRequest({ boundObjectRef: { kind: "Foo", apiVersion: "v1", name: "zz" } }),
    message: /^cannot bind token to object of type \/v1, Kind=Foo$/,
  },
  {
    name: "another name",
    request: { ...tokenRequest(), metadata: { name: "x" } },
    message: /metadata.name: Invalid value: "x": must match the service account name if specified$/,
  },
  {
    name: "an older pod",
    request: tokenRequest({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p", uid: "old" } }),
    message: /the UID in the bound object reference \(old\) does not match the UID in record/,
  },
];

for (const { name, request: body, message } of refusals) {
  test(`no token: ${name}`, async () => {
    await assert.rejects(
      world().issue.issueToken(account, body, context),
      (error) => error instanceof ApiError && message.test(error.message),
    );
  });
}

test("acting as somebody else needs the right for every part", async () => {
  const of = world();
  const as = (headers: Record<string, string | string[]>) => of.authenticator.authenticate(request(headers, certificate("ann")));
  await assert.rejects(
    as({ "impersonate-user": "bob" }),
    /^.*users "bob" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope$/,
  );
  of.allowed.add("ann impersonate users bob");
  assert.deepEqual(await as({ "impersonate-user": "bob" }), { name: "bob", groups: ["system:authenticated"] });
  await assert.rejects(as({ "impersonate-user": "bob", "impersonate-group": ["crew"] }), /groups "crew" is forbidden/);
  of.allowed.add("ann impersonate groups crew").add("ann impersonate userextras x").add("ann impersonate serviceaccounts deck");
  assert.deepEqual(await as({ "impersonate-user": "bob", "impersonate-group": ["crew"], "impersonate-extra-a%2fb": "x" }), {
    name: "bob",
    groups: ["crew", "system:authenticated"],
    extra: { "a/b": ["x"] },
  });
  assert.deepEqual(await as({ "impersonate-user": "system:serviceaccount:n:deck" }), {
    name: "system:serviceaccount:n:deck",
    groups: ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"],
  });
  await assert.rejects(
    as({ "impersonate-group": "crew" }),
    /^.*requested &user.DefaultInfo\{Name:"", UID:"", Groups:\[\]string\{"crew"\}, Extra:map\[string\]\[\]string\(nil\)\} without impersonating a user name$/,
  );
});
