// What a cluster leaves behind: nothing. The machine before `up` and after `down`, compared.
// Invariant: processes, mounts, interfaces, packet filter rules, cgroups and network namespaces are equal.
// Called by: npm run e2e. Next on the way: src/compose/README.md, who cleans up what.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Cluster, kubectls, launcher, root } from "./support/cluster.ts";
import { Follower } from "./support/commands.ts";
import { type HostPicture, picture } from "./support/host.ts";

const cluster = new Cluster("leak");
let untouched: HostPicture;

async function runPods(): Promise<void> {
  await cluster.loadBusybox("dhow.local/busybox:1");
  await cluster.kubectl(`apply -f ${join(root, "e2e/manifests/web.yaml")}`);
  await cluster.kubectl("rollout status deployment/web --timeout=60s");
}

before(async () => {
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  untouched = await picture(cluster.home);
});

after(() => cluster.destroy());

test("down with pods still running leaves the machine as it was, and the data where it is", async () => {
  await cluster.up("--runtime", "containerd");
  await runPods();
  await cluster.down();
  assert.deepEqual(await picture(cluster.home), untouched);
  assert.ok(existsSync(join(cluster.folder, "store")));
});

test("up again has the Deployment of yesterday running, and Ctrl-C in the foreground stops as cleanly", async () => {
  const foreground = new Follower(launcher, ["up", "--name", cluster.name, "--runtime", "containerd"], cluster.env);
  await foreground.line(/kubectl .*get/);
  await cluster.kubectl("rollout status deployment/web --timeout=90s");
  await foreground.stop("SIGINT");
  assert.equal(foreground.child.exitCode, 130);
  assert.deepEqual(await picture(cluster.home), untouched);
});

test("down --purge removes the data too; a second down has nothing to do and says so", async () => {
  assert.match(await cluster.down("--purge"), /\S/);
  assert.ok(!existsSync(cluster.folder));
  assert.match(await cluster.down(), /\S/);
});
