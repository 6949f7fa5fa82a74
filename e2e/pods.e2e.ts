// Pods on real containers: more than eighty small cases, as a table, several at a time.
// Invariant: one cluster and one namespace; after `down --purge` the machine is as it was before.
// Called by: npm run e2e; `DHOW_E2E_CASES=key,key` runs some. Next on the way: e2e/pods/case.ts.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { PodCase } from "./pods/case.ts";
import { Cluster, kubectls } from "./support/cluster.ts";
import { type HostPicture, picture } from "./support/host.ts";

const cluster = new Cluster("pods");
// Cases that look at the node's own files find them here.
process.env["DHOW_E2E_NODE"] = join(cluster.folder, "nodes/pods-1");
const chosen = process.env["DHOW_E2E_CASES"]?.split(",");
const tables = await Promise.all([
  import("./pods/environment.ts"),
  import("./pods/volumes.ts"),
  import("./pods/security.ts"),
  import("./pods/network.ts"),
  import("./pods/lifecycle.ts"),
  import("./pods/nodes.ts"),
]);
const cases = tables.flatMap((table) => Object.values(table) as (readonly PodCase[])[]).flat();
const { namespace, runCase, Watcher } = await import("./pods/run.ts");
let untouched: HostPicture;

before(async () => {
  untouched = await picture(cluster.home);
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  await cluster.up("--runtime", "containerd");
  await cluster.loadBusybox("dhow.local/busybox:1");
  await cluster.kubectl(`create namespace ${namespace}`);
});

after(async () => {
  await cluster.destroy();
  assert.deepEqual(await picture(cluster.home), untouched, "the machine is as it was");
});

test("every case has a name of its own", () => {
  assert.equal(new Set(cases.map((one) => one.key)).size, cases.length);
});

describe("pods", { concurrency: 8 }, () => {
  const watcher = new Watcher(cluster);
  for (const one of cases) {
    if (chosen && !chosen.includes(one.key)) continue;
    test(`${one.key}: ${one.says}`, { timeout: 150_000 }, () => runCase(one, cluster, watcher));
  }
});
