// kubeconfig there and back, and what merging may touch.
// Invariant shown: our own writer is read by the YAML library into the same thing; foreign entries survive a merge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { credentialsOf, kubeconfigFor, mergeKubeconfig, readKubeconfig, writeKubeconfig } from "./index.ts";

const noFiles = (path: string): string => assert.fail(`read ${path}`);

test("what is written is read again", async () => {
  const credentials = { server: "https://127.0.0.1:6443", ca: "CA", cert: "CERT", key: "KEY" };
  for (const name of ["dhow", "true", "7", "a b", "-x", 'quo"te']) {
    const config = kubeconfigFor(name, credentials);
    const again = await readKubeconfig(writeKubeconfig(config));
    assert.deepEqual(again, config);
    assert.deepEqual(credentialsOf(again, noFiles), credentials);
  }
  const withToken = { server: "https://h:1", token: "abc" };
  assert.deepEqual(credentialsOf(kubeconfigFor("x", withToken), noFiles), withToken);
});

test("files named in a kubeconfig are read, unsupported credentials are refused by name", async () => {
  const config = await readKubeconfig(`
current-context: c
clusters: [{name: k, cluster: {server: "https://h:1", certificate-authority: /ca}}]
users: [{name: u, user: {tokenFile: /token}}, {name: e, user: {exec: {command: x}}}]
contexts: [{name: c, context: {cluster: k, user: u}}, {name: d, context: {cluster: k, user: e}}, {name: f, context: {cluster: gone, user: u}}]
`);
  assert.deepEqual(
    credentialsOf(config, (path) => `<${path}>`),
    { server: "https://h:1", ca: "</ca>", token: "</token>" },
  );
  assert.throws(() => credentialsOf(config, noFiles, "d"), /user field "exec" is not supported/);
  assert.throws(() => credentialsOf(config, noFiles, "f"), /no cluster named "gone"/);
  assert.throws(() => credentialsOf(config, noFiles, "nope"), /no context named "nope"/);
  await assert.rejects(readKubeconfig("kind: Pod"), /not "Config"/);
});

test("merging replaces our names only", () => {
  const theirs = kubeconfigFor("prod", { server: "https://prod:6443", token: "t" });
  theirs["preferences"] = { colors: true };
  const first = mergeKubeconfig(theirs, kubeconfigFor("dhow", { server: "https://127.0.0.1:6443" }));
  assert.equal(first["current-context"], "prod");
  const second = mergeKubeconfig(first, kubeconfigFor("dhow", { server: "https://127.0.0.1:7000" }), true);
  assert.equal(second["current-context"], "dhow");
  assert.deepEqual(
    second.clusters.map((one) => [one.name, (one["cluster"] as { server: string }).server]),
    [
      ["prod", "https://prod:6443"],
      ["dhow", "https://127.0.0.1:7000"],
    ],
  );
  assert.deepEqual(second["preferences"], { colors: true });
});
