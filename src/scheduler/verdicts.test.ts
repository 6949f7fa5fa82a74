// What is remembered changes no decision: hundreds of pods of a few shapes over a cluster that changes, with and without the memory.
// Invariant: the changes are drawn from a seed; every decision is compared, rejections with their reasons, too.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "#api";
import { seededPrng } from "#lib";
import { Cluster } from "./cluster.ts";
import { type CycleInput, decide } from "./cycle.ts";
import { defaultPlugins } from "./plugins/index.ts";
import { nodeOf, type PodRow, podOf } from "./testing.ts";
import { shapeOf, VerdictMemory } from "./verdicts.ts";
import { viewPod } from "./views.ts";

const apart: PodRow["spec"] = {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "lonely" } } },
      ],
    },
  },
};

const shapes: readonly PodRow[] = [
  { cpu: "100m" },
  { cpu: "300m", memory: "1Gi" },
  { cpu: "100m", spec: { tolerations: [{ key: "a", operator: "Exists" }] } },
  { spec: { nodeSelector: { zone: "b" } } },
  { hostPort: 80 },
  { cpu: "100m", spec: apart },
];

const nodes: readonly ((name: string) => Node)[] = [
  (name) => nodeOf({ name, cpu: "1", labels: { zone: "a", "kubernetes.io/hostname": name } }),
  (name) => nodeOf({ name, cpu: "2", pods: "5", labels: { zone: "b", "kubernetes.io/hostname": name } }),
  (name) => nodeOf({ name, taints: [{ key: "a", effect: "NoSchedule" }] }),
  (name) => nodeOf({ name, taints: [{ key: "a", effect: "PreferNoSchedule" }] }),
  (name) => nodeOf({ name, unschedulable: true }),
  (name) => ({ ...nodeOf({ name }), status: { ...nodeOf({ name }).status, images: [{ names: ["busybox:latest"], sizeBytes: 1 << 29 }] } }),
];

test("a memory of verdicts changes no decision", () => {
  const prng = seededPrng(7);
  const pick = <Value>(values: readonly Value[]): Value => values[prng.between(0, values.length - 1)]!;
  const cluster = new Cluster();
  const memory = new VerdictMemory();
  const placed: string[] = [];
  for (let index = 0; index < 24; index++) cluster.setNode(pick(nodes)(`n${index}`));
  let offset = 0;
  let rejected = 0;
  for (let round = 0; round < 400; round++) {
    const chance = prng.between(1, 20);
    if (chance === 1) cluster.setNode(pick(nodes)(`n${prng.between(0, 26)}`));
    if (chance === 2) cluster.removeNode(`n${prng.between(0, 26)}`);
    if (chance <= 4 && placed.length > 0) cluster.removePod(placed.splice(prng.between(0, placed.length - 1), 1)[0]!);
    const row = pick(shapes);
    const pod = podOf({ ...row, name: `p${round}` });
    pod.metadata.labels = { app: row.spec === apart ? "lonely" : "web" };
    const view = viewPod(pod);
    const plain: CycleInput = { pod: view, nodes: cluster.nodes(), plugins: defaultPlugins, offset, seed: round };
    const decision = decide(plain);
    assert.deepEqual(decide({ ...plain, few: cluster.few(), memory }), decision, `round ${round}`);
    offset = (offset + decision.evaluatedNodes) % cluster.nodes().length;
    if (decision.node === undefined) rejected++;
    else {
      cluster.assume(view, decision.node);
      placed.push(view.uid);
    }
  }
  assert.ok(rejected > 0 && placed.length > 100, `${rejected} rejected, ${placed.length} placed: the rounds tell something`);
});

test("nothing is asked twice of a node on which nothing has changed", () => {
  const memory = new VerdictMemory();
  const asked: string[] = [];
  const plugin = {
    name: "Asked",
    retryAfter: [],
    filter: (_pod: unknown, node: { name: string }) => void asked.push(node.name),
    score: () => 1,
  };
  const cluster = new Cluster();
  for (const name of ["n1", "n2", "n3"]) cluster.setNode(nodeOf({ name }));
  const decideOnce = (name: string): void => {
    const pod = viewPod(podOf({ name }));
    const decision = decide({ pod, nodes: cluster.nodes(), plugins: [plugin], offset: 0, seed: 1, memory });
    cluster.assume(pod, decision.node!);
  };
  decideOnce("a");
  assert.deepEqual(asked.splice(0), ["n1", "n2", "n3"]);
  decideOnce("b");
  assert.equal(asked.splice(0).length, 1, "only the node that the first pod went to");
});

test("the shape is what plugins read: not the name, not the volume of the token", () => {
  const shape = (row: PodRow): string => shapeOf(viewPod(podOf(row)));
  assert.equal(shape({ name: "a", spec: { volumes: [{ name: "x" }] } }), shape({ name: "b", spec: { volumes: [{ name: "y" }] } }));
  for (const row of [{ cpu: "1" }, { hostPort: 1 }, { spec: { nodeSelector: { a: "b" } } }]) assert.notEqual(shape(row), shape({}));
});
