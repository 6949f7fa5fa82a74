// Certificates as an independent reader (node:crypto) sees them.
// Invariant shown: chains verify, purposes and names are as asked, several organizations are several attributes.

import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { ManualClock } from "#lib";
import { createCa, createSigningKey, issue } from "./index.ts";

test("an authority signs a server and a user", async () => {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const ca = await createCa("dhow-ca", { clock });
  const authority = new X509Certificate(ca.cert);
  assert.equal(authority.ca, true);
  assert.equal(authority.subject, "CN=dhow-ca");
  assert.equal(authority.verify(authority.publicKey), true);
  assert.equal(authority.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");

  const server = await issue(
    ca,
    {
      commonName: "kube-apiserver",
      dnsNames: ["kubernetes.default.svc", "localhost"],
      ipAddresses: ["127.0.0.1", "::1"],
      server: true,
      days: 365,
    },
    { clock },
  );
  const serving = new X509Certificate(server.cert);
  assert.equal(serving.verify(authority.publicKey), true);
  assert.equal(serving.checkIssued(authority), true);
  assert.equal(serving.ca, false);
  assert.equal(serving.checkHost("kubernetes.default.svc"), "kubernetes.default.svc");
  assert.equal(serving.checkIP("127.0.0.1"), "127.0.0.1");
  assert.deepEqual(serving.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
  assert.equal(serving.checkPrivateKey(createPrivateKey(server.key)), true);
  assert.equal(serving.validToDate.getTime(), Date.UTC(2027, 5, 1));

  const user = new X509Certificate(
    (await issue(ca, { commonName: "system:node:a+b,c", organizations: ["system:nodes", "x"], client: true, days: 99999 }, { clock })).cert,
  );
  assert.equal(user.subject, "O=system:nodes\nO=x\nCN=system:node:a\\+b\\,c");
  assert.deepEqual(user.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  assert.equal(user.validToDate.getTime(), authority.validToDate.getTime(), "nothing outlives its authority");
});

test("a signing key is P-256 in SEC 1", async () => {
  const pem = await createSigningKey();
  assert.match(pem, /^-----BEGIN EC PRIVATE KEY-----\n/);
  assert.equal(createPrivateKey(pem).asymmetricKeyDetails?.namedCurve, "prime256v1");
});
