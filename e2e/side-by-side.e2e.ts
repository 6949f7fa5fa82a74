// Two clusters with real containers on one machine, beside what a third left behind: each has addresses of its own.
// Invariant: every pod of either answers; a range that somebody else has is refused by name, and what is refused changes nothing.
// Called by: npm run e2e. Next on the way: src/network/pods/range.ts.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Cluster, kubectls, root } from "./support/cluster.ts";
import { must, run } from "./support/commands.ts";
import { type HostPicture, picture } from "./support/host.ts";

const [port, star] = [new Cluster("port"), new Cluster("star")];
const bound = { timeout: 180_000 };
const stale = "dhow-e2e-gone";
let untouched: HostPicture;

const podNetwork = async (cluster: Cluster): Promise<string> => {
  const range = await cluster.kubectl("get nodes -o jsonpath={.items[0].spec.podCIDR}");
  return range.replace(/\.0\.0\/24$/, "");
};

before(async () => {
  untouched = await picture(port.home);
  for (const cluster of [port, star]) cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  // The bridge of a cluster that was cut off with its machine's power: no carrier, but a route.
  await must("ip", ["link", "add", stale, "type", "bridge"]);
  await must("ip", ["address", "add", "10.244.0.1/24", "dev", stale]);
  await must("ip", ["link", "set", stale, "up"]);
}, bound);

after(async () => {
  for (const cluster of [port, star]) await cluster.destroy();
  await run("ip", ["link", "delete", stale]);
  assert.deepEqual(await picture(port.home), untouched, "the machine is as it was");
});

test("pods of two clusters answer, each on its cluster's own addresses", bound, async () => {
  for (const cluster of [port, star]) {
    await cluster.up("--runtime", "containerd");
    await cluster.loadBusybox("dhow.local/busybox:1");
    await cluster.kubectl(`apply -f ${join(root, "e2e/manifests/web.yaml")}`);
  }
  for (const cluster of [port, star]) await cluster.kubectl("rollout status deployment/web --timeout=120s");
  const networks = [await podNetwork(port), await podNetwork(star)];
  assert.equal(new Set(["10.244", ...networks]).size, 3, networks.join());
  for (const cluster of [port, star]) {
    const rows = await cluster.kubectl("get pods -l app=web -o jsonpath={range.items[*]}{.metadata.name}={.status.podIP};{end}");
    const pods = rows.split(";").filter((row) => row !== "");
    assert.equal(pods.length, 3);
    for (const [name, ip] of pods.map((row) => row.split("=")))
      assert.equal(await must("curl", ["-sS", "--max-time", "20", `http://${ip}:8080/`]), `hello from ${name}\n`);
  }
});

test("a cluster whose range was taken while it was down says by whom, and comes up when it is free", bound, async () => {
  const range = await podNetwork(star);
  await must("ip", ["address", "add", `${range}.7.1/24`, "dev", stale]);
  await star.down();
  const refused = await star.dhow("up", "--detach", "--name", star.name);
  assert.match(
    refused.stderr,
    new RegExp(`pod addresses ${range}\\.0\\.0/16: taken by ${stale}, which has the route to ${range}\\.7\\.0/24`),
  );
  assert.notEqual(refused.code, 0);
  await must("ip", ["address", "delete", `${range}.7.1/24`, "dev", stale]);
  await star.up();
  await star.kubectl("wait --for=condition=Available deployment/web --timeout=120s");
  assert.equal(await podNetwork(star), range);
});
