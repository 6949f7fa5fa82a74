// Three nodes with real containers on one machine: pods spread, reach each other, and one node's trouble stays its own.
// Invariant: a pod keeps its own address to every other pod; after `down` the machine is as it was.
// Called by: npm run e2e. Next on the way: src/compose/node-place.ts, what makes them three.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { containers, killAll, type Placed, placed, restarted, signal, until } from "./nodes/world.ts";
import { Cluster, kubectls, root } from "./support/cluster.ts";
import { Follower, must } from "./support/commands.ts";
import { type HostPicture, picture } from "./support/host.ts";

const cluster = new Cluster("trio");
const nodes = ["trio-1", "trio-2", "trio-3"] as const;
const bound = { timeout: 300_000 };
const rollout = "rollout status deployment/spread --timeout=180s";
let untouched: HostPicture;

const on = (pods: readonly Placed[], node: string): Placed => {
  const pod = pods.find((one) => one.node === node);
  assert.ok(pod, `a pod on ${node}`);
  return pod;
};
const inside = (pod: Placed, script: string): Promise<string> =>
  must(cluster.kubectlPath, ["exec", pod.name, "--", "sh", "-c", script], { env: cluster.env });
const counts = (pods: readonly Placed[]): readonly number[] => nodes.map((node) => pods.filter((pod) => pod.node === node).length);

/** Every pod asks every pod who asks. */
async function everyoneHearsEveryone(pods: readonly Placed[]): Promise<void> {
  const script = pods.map(({ ip }) => `curl -sS --max-time 20 http://${ip}:8080/cgi-bin/who`).join("; ");
  for (const pod of pods) assert.equal(await inside(pod, script), `${pod.ip}\n`.repeat(pods.length), `${pod.name} on ${pod.node}`);
}

before(async () => {
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  untouched = await picture(cluster.home);
  await cluster.up("--runtime", "containerd", "--nodes", "3");
  await cluster.loadBusybox("dhow.local/busybox:1");
}, bound);

after(async () => {
  await cluster.destroy();
  assert.deepEqual(await picture(cluster.home), untouched, "the machine is as it was");
});

test("three nodes, each with a name, a range and an agent of its own; six pods are two on each", bound, async () => {
  const path = '{range .items[*]}{.metadata.labels.kubernetes\\.io/hostname} {.spec.podCIDR}{"\\n"}{end}';
  // Which sixteenth is the machine's affair: one that nobody has.
  assert.match(
    await must(cluster.kubectlPath, ["get", "nodes", "-o", `jsonpath=${path}`], { env: cluster.env }),
    /^trio-1 (10\.2\d\d)\.0\.0\/24\ntrio-2 \1\.1\.0\/24\ntrio-3 \1\.2\.0\/24\n$/,
  );
  await cluster.kubectl("wait --for=condition=Ready node --all --timeout=60s");
  await cluster.kubectl(`apply -f ${join(root, "e2e/manifests/spread.yaml")}`);
  await cluster.kubectl(rollout);
  assert.deepEqual(counts(await placed(cluster)), [2, 2, 2]);
  assert.match((await cluster.dhow("image", "list", "--name", cluster.name)).stdout, /^dhow\.local\/busybox:1 .* all$/m);
});

test("pod to pod across nodes with the pod's own address, and to the API server from every node", bound, async () => {
  const pods = await placed(cluster);
  await everyoneHearsEveryone(pods);
  for (const node of nodes)
    assert.match(
      await inside(
        on(pods, node),
        "curl -sS --max-time 20 --cacert /var/run/secrets/kubernetes.io/serviceaccount/ca.crt https://10.96.0.1/version",
      ),
      /"major": *"1"/,
    );
});

test("logs, exec and port-forward on every node", bound, async () => {
  const pods = await placed(cluster);
  for (const node of nodes) {
    const pod = on(pods, node);
    assert.equal(await cluster.kubectl(`logs ${pod.name}`), "serving\n");
    assert.equal(await inside(pod, "hostname"), `${pod.name}\n`);
    const forward = new Follower(cluster.kubectlPath, ["port-forward", `pod/${pod.name}`, ":8080"], cluster.env);
    const port = /:(\d+) ->/.exec(await forward.line(/^Forwarding from 127/))![1]!;
    assert.equal(await must("curl", ["-sS", "--max-time", "20", `http://127.0.0.1:${port}/cgi-bin/who`]), "127.0.0.1\n");
    await forward.stop();
  }
});

test("kill -9 of one node's agent and containerd: no container of any node notices", bound, async () => {
  const [before, pods] = [await containers(cluster), await placed(cluster)];
  signal(cluster, "node-trio-2", "SIGKILL");
  signal(cluster, "containerd-2", "SIGKILL");
  await everyoneHearsEveryone(pods.filter((pod) => pod.node !== "trio-2"));
  assert.equal(
    await inside(on(pods, "trio-1"), `curl -sS --max-time 20 http://${on(pods, "trio-2").ip}:8080/cgi-bin/who`),
    `${on(pods, "trio-1").ip}\n`,
  );
  await restarted(cluster, ["node-trio-2", "containerd-2"]);
  assert.equal(await inside(on(pods, "trio-2"), "hostname"), `${on(pods, "trio-2").name}\n`);
  assert.deepEqual(await containers(cluster), before);
});

test("kill -9 of everything: up adopts all three nodes", bound, async () => {
  const before = await containers(cluster);
  killAll(cluster);
  await cluster.up("--runtime", "containerd", "--nodes", "3");
  await everyoneHearsEveryone(await placed(cluster));
  assert.deepEqual(await containers(cluster), before);
});

test("drain moves one node's pods; uncordoned, it takes new ones", bound, async () => {
  await cluster.kubectl("drain trio-3 --ignore-daemonsets --force --timeout=120s");
  await cluster.kubectl(rollout);
  assert.deepEqual(counts(await placed(cluster)), [3, 3, 0]);
  await cluster.kubectl("uncordon trio-3");
  await cluster.kubectl("scale deployment/spread --replicas=9");
  await cluster.kubectl(rollout);
  assert.deepEqual(counts(await placed(cluster)), [3, 3, 3]);
});

test(
  "an agent that stands still: its node is not ready, its pods are replaced elsewhere; it comes back and ends its own",
  bound,
  async () => {
    const others = [...(await containers(cluster, "trio-1")), ...(await containers(cluster, "trio-2"))];
    signal(cluster, "node-trio-3", "SIGSTOP");
    try {
      await cluster.kubectl("wait --for=condition=Ready=Unknown node/trio-3 --timeout=180s");
      await until("nine pods on two nodes", async () => {
        const [one, two, three] = counts((await placed(cluster)).filter((pod) => pod.node !== "trio-3"));
        return one! + two! === 9 && three === 0;
      });
      assert.match(
        await cluster.kubectl("get node trio-3 -o jsonpath={.spec.taints}"),
        /node\.kubernetes\.io\/unreachable.*NoExecute|NoExecute.*unreachable/,
      );
    } finally {
      signal(cluster, "node-trio-3", "SIGCONT");
    }
    await cluster.kubectl("wait --for=condition=Ready node/trio-3 --timeout=180s");
    await until("the old pods are gone", async () => (await containers(cluster, "trio-3")).length === 0);
    const now = [...(await containers(cluster, "trio-1")), ...(await containers(cluster, "trio-2"))];
    assert.deepEqual(
      others.filter((one) => !now.includes(one)),
      [],
      "pods of the other nodes went on",
    );
  },
);

test("kill -9 of everything, then up with fewer nodes: what ran on the others is cleared away", bound, async () => {
  await cluster.kubectl("scale deployment/spread --replicas=12");
  await cluster.kubectl(rollout);
  assert.ok(existsSync("/sys/class/net/dhow-trio_3"));
  killAll(cluster);
  await cluster.up("--runtime", "containerd", "--nodes", "2");
  await until("nothing is left of the third node", async () => {
    const { processes, interfaces, cgroups } = await picture(`${cluster.folder}/containerd-3`);
    const shims = processes.filter((line) => line.includes("/containerd-3/"));
    return shims.length === 0 && !interfaces.includes("dhow-trio_3") && !cgroups.some((path) => path.includes("dhow-trio_3"));
  });
  await cluster.down();
  assert.deepEqual(await picture(cluster.home), untouched);
});
