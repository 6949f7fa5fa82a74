// The same cluster without root and without containers: a person's laptop, a CI job, a test of an operator.
// Invariant: runs as an unprivileged user in a fresh home; nothing needs the network.
// Called by: npm run e2e. Next on the way: apply.e2e.ts, the same on real containers.

import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Cluster, kubectls, launcher, root } from "./support/cluster.ts";
import { must } from "./support/commands.ts";

const nobody = 65534;
const cluster = new Cluster("sim");

before(async () => {
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  chmodSync(cluster.home, 0o755);
  mkdirSync(join(cluster.home, "user"));
  chownSync(join(cluster.home, "user"), nobody, nobody);
  chownSync(cluster.home, nobody, nobody);
});

after(() => cluster.destroy());

const asNobody = (...args: string[]): Promise<string> =>
  must(launcher, args, { env: { ...cluster.env, HOME: join(cluster.home, "user") }, uid: nobody, gid: nobody, timeoutMs: 60_000 });

test("up as nobody: three simulated nodes are Ready, the printed kubectl command works", async () => {
  const printed = await asNobody("up", "--name", "sim", "--detach", "--simulated-nodes", "3");
  assert.match(printed, /simulated/);
  assert.match(printed, /kubectl --kubeconfig \S+ get/);
  const nodes = await cluster.kubectl("get nodes --no-headers");
  assert.equal(nodes.split("\n").filter((line) => / Ready /.test(line)).length, 3);
  const status = JSON.parse(await asNobody("status", "--name", "sim", "-o", "json")) as Record<string, unknown>;
  assert.ok(status);
});

test("a Deployment of thirty pods is Running and spread over the nodes", async () => {
  await cluster.kubectl(`apply -f ${join(root, "e2e/manifests/web.yaml")}`);
  await cluster.kubectl("scale deployment/web --replicas=30");
  await cluster.kubectl("rollout status deployment/web --timeout=60s");
  const hosts = (await cluster.kubectl("get pods -l app=web -o jsonpath={.items[*].spec.nodeName}")).trim().split(" ");
  assert.equal(hosts.length, 30);
  assert.equal(new Set(hosts).size, 3);
});

test("a second up says that it runs already; an unknown flag and a newer format are refused by name", async () => {
  assert.match(await asNobody("up", "--name", "sim", "--detach", "--simulated-nodes", "3"), /already/);
  const wrong = await cluster.dhow("up", "--nodez", "3");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--nodez[\s\S]*--nodes/);
});

test("down stops it", async () => {
  await asNobody("down", "--name", "sim");
  const { code } = await cluster.tryKubectl(["get", "nodes", "--request-timeout=2s"]);
  assert.notEqual(code, 0);
});
