// A cluster whose containers our own OCI runtime starts: some pods of every kind, exec, and the machine afterwards.
// Invariant: runc starts none of them; after `down --purge` the machine is as it was before. Everything else by DHOW_E2E_OCI_RUNTIME=dhow-runtime.
// Called by: npm run e2e. Next on the way: pods.e2e.ts, all cases; runtime.e2e.ts, the runtime under containerd alone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type PodCase, sh } from "./pods/case.ts";
import { namespace, runCase, Watcher } from "./pods/run.ts";
import { Cluster, kubectls } from "./support/cluster.ts";
import { type HostPicture, picture } from "./support/host.ts";

const cluster = new Cluster("own");
// Cases that look at the node's own files find them here.
process.env["DHOW_E2E_NODE"] = join(cluster.folder, "nodes/own-1");
const tables = await Promise.all([
  import("./pods/environment.ts"),
  import("./pods/volumes.ts"),
  import("./pods/security.ts"),
  import("./pods/lifecycle.ts"),
  import("./pods/nodes.ts"),
]);
const cases = tables.flatMap((table) => Object.values(table) as (readonly PodCase[])[]).flat();
/** What a runtime can get wrong, one of each kind. */
const kinds = `env-expand vol-shared vol-memory vol-sub vol-survives vol-fsgroup sec-user sec-read-only sec-drop sec-privileged
  sec-seccomp sec-masked sec-sysctl sec-share-pid run-init run-sidecar run-crash run-grace run-tty run-pre-stop probe-exec res-limits`;
const chosen = process.env["DHOW_E2E_CASES"]?.split(",") ?? kinds.split(/\s+/u);
let untouched: HostPicture;

before(async () => {
  untouched = await picture(cluster.home);
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  await cluster.up("--runtime", "containerd", "--oci-runtime", "dhow-runtime");
  await cluster.loadBusybox("dhow.local/busybox:1");
  await cluster.kubectl(`create namespace ${namespace}`);
});

after(async () => {
  await cluster.destroy();
  assert.deepEqual(await picture(cluster.home), untouched, "the machine is as it was");
});

test("the cluster's containerd starts containers with our runtime, now and after the next `up`", () => {
  const config = readFileSync(join(cluster.folder, "containerd/config.toml"), "utf8");
  assert.match(config, /BinaryName = "\/[^"]*\/bin\/dhow-runtime"/u);
  assert.match(readFileSync(join(cluster.folder, "settings.json"), "utf8"), /"ociRuntime": "\/[^"]*\/bin\/dhow-runtime"/u);
});

test("every chosen case exists", () => {
  const keys = new Set(cases.map(({ key }) => key));
  assert.deepEqual(
    chosen.filter((key) => !keys.has(key)),
    [],
  );
});

describe("pods", { concurrency: 6 }, () => {
  const watcher = new Watcher(cluster);
  for (const one of cases)
    if (chosen.includes(one.key)) test(`${one.key}: ${one.says}`, { timeout: 150_000 }, () => runCase(one, cluster, watcher));
});

test("exec: output, exit status and standard input", async () => {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "stays" }, spec: sh("while :; do sleep 1; done") };
  await cluster.kubectl("create -f -", { stdin: JSON.stringify(pod) });
  await cluster.kubectl("wait pod/stays --for=condition=Ready --timeout=100s", { timeoutMs: 120_000 });
  const { code, stdout } = await cluster.tryKubectl(["exec", "-i", "stays", "--", "sh", "-c", "cat; id -u; exit 7"], { stdin: "ahoy\n" });
  assert.deepEqual([stdout, code], ["ahoy\n0\n", 7]);
  await cluster.kubectl("delete pod stays --grace-period=1 --timeout=100s", { timeoutMs: 120_000 });
});
