// One decision as a table: a pod, a few nodes, and either the node or upstream's words for why not.
// Invariant: the messages were read off a kube-scheduler 1.36 given the same pods and nodes.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api";
import { decide, enoughFeasibleNodes } from "./cycle.ts";
import { rejectionMessage } from "./message.ts";
import { defaultPlugins } from "./plugins/index.ts";
import { type NodeRow, nodeOf, type PodRow, podOf } from "./testing.ts";
import { viewNode, viewPod, withPod } from "./views.ts";

interface Row {
  readonly name: string;
  readonly pod?: PodRow;
  /** Each node with the pods that are on it already. */
  readonly nodes: readonly (NodeRow & { readonly with?: readonly PodRow[] })[];
  readonly want: string;
}

const tainted = { taints: [{ key: "a", value: "b", effect: "NoSchedule" }] };
const zone = (key: string, operator: string, values: string[] = []): PodRow => ({
  spec: {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }] },
      },
    },
  },
});

const rows: readonly Row[] = [
  { name: "an empty cluster has no nodes available", nodes: [], want: "no nodes available to schedule pods" },
  { name: "a plain pod goes to the only node", nodes: [{}], want: "n1" },
  {
    name: "each reason is named with its count, sorted",
    pod: { cpu: "2" },
    nodes: [
      { name: "n1", cpu: "1" },
      { name: "n2", cpu: "1", ...tainted },
      { name: "n3", cpu: "1", unschedulable: true },
    ],
    want: "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.",
  },
  {
    name: "a node short of two resources gives two reasons",
    pod: { cpu: "2", memory: "10Gi" },
    nodes: [{ cpu: "1", memory: "1Gi" }],
    want: "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.",
  },
  {
    name: "requests of the pods on the node count",
    pod: { cpu: "600m" },
    nodes: [{ cpu: "1", with: [{ cpu: "500m" }] }],
    want: "0/1 nodes are available: 1 Insufficient cpu.",
  },
  { name: "exactly what is left still fits", pod: { cpu: "500m" }, nodes: [{ cpu: "1", with: [{ cpu: "500m" }] }], want: "n1" },
  {
    name: "the number of pods is a resource too",
    nodes: [{ pods: "1", with: [{ name: "other" }] }],
    want: "0/1 nodes are available: 1 Too many pods.",
  },
  {
    name: "a node selector must match",
    pod: { spec: { nodeSelector: { zone: "b" } } },
    nodes: [
      { name: "n1", labels: { zone: "a" } },
      { name: "n2", labels: { zone: "b" } },
    ],
    want: "n2",
  },
  {
    name: "a selector that nothing matches",
    pod: { spec: { nodeSelector: { zone: "zz" } } },
    nodes: [{ labels: { zone: "a" } }],
    want: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    name: "a label called constructor is only a label",
    pod: { spec: { nodeSelector: { constructor: "x" } } },
    nodes: [{}],
    want: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    name: "affinity In",
    pod: zone("zone", "In", ["b"]),
    nodes: [
      { name: "n1", labels: { zone: "a" } },
      { name: "n2", labels: { zone: "b" } },
    ],
    want: "n2",
  },
  {
    name: "affinity Gt compares numbers",
    pod: zone("cores", "Gt", ["9"]),
    nodes: [
      { name: "n1", labels: { cores: "8" } },
      { name: "n2", labels: { cores: "10" } },
    ],
    want: "n2",
  },
  {
    name: "affinity DoesNotExist",
    pod: zone("gpu", "DoesNotExist"),
    nodes: [{ name: "n1", labels: { gpu: "" } }, { name: "n2" }],
    want: "n2",
  },
  {
    name: "a toleration opens a tainted node",
    pod: { spec: { tolerations: [{ key: "a", operator: "Equal", value: "b", effect: "NoSchedule" }] } },
    nodes: [tainted],
    want: "n1",
  },
  {
    name: "a toleration of another value does not",
    pod: { spec: { tolerations: [{ key: "a", value: "c" }] } },
    nodes: [tainted],
    want: "0/1 nodes are available: 1 node(s) had untolerated taint(s).",
  },
  {
    name: "Exists without a key tolerates everything",
    pod: { spec: { tolerations: [{ operator: "Exists" }] } },
    nodes: [{ ...tainted, unschedulable: true }],
    want: "n1",
  },
  {
    name: "PreferNoSchedule only lowers the score",
    nodes: [{ name: "n1", taints: [{ key: "k", effect: "PreferNoSchedule" }] }, { name: "n2" }],
    want: "n2",
  },
  {
    name: "a host port is taken once",
    pod: { hostPort: 8080 },
    nodes: [{ with: [{ name: "other", hostPort: 8080 }] }],
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  { name: "the emptier node wins", pod: { cpu: "1" }, nodes: [{ name: "n1", with: [{ cpu: "2" }] }, { name: "n2" }], want: "n2" },
  {
    name: "pods without requests spread by their number",
    nodes: [
      { name: "n1", with: [{ name: "a" }, { name: "b" }] },
      { name: "n2", with: [{ name: "c" }] },
    ],
    want: "n2",
  },
  {
    name: "what is not supported keeps the pod pending, by name",
    pod: { spec: { resourceClaims: [{ name: "gpu" }] } },
    nodes: [{}],
    want: "0/1 nodes are available: 1 node(s) cannot be checked, this scheduler does not support spec.resourceClaims.",
  },
];

for (const row of rows) {
  test(`decide: ${row.name}`, () => {
    const nodes = row.nodes.map((node) =>
      (node.with ?? [])
        .map(podOf)
        .map(viewPod)
        .reduce(withPod, viewNode(nodeOf(node))),
    );
    const decision = decide({ pod: viewPod(podOf({ name: "new", ...row.pod })), nodes, plugins: defaultPlugins, offset: 0, seed: 1 });
    assert.equal(decision.node ?? rejectionMessage(decision), row.want);
  });
}

test("decide: an init container's peak counts, a sidecar's request is added", () => {
  const pod: Pod = podOf({ cpu: "100m" });
  const container = (cpu: string, more = {}): { name: string; image: string; resources: { requests: { cpu: string } } } => ({
    name: cpu,
    image: "x",
    resources: { requests: { cpu } },
    ...more,
  });
  pod.spec!.initContainers = [container("200m", { restartPolicy: "Always" }), container("1500m")];
  assert.equal(viewPod(pod).requests.get("cpu"), 1700);
});

test("decide: the same input gives the same node, another seed may give another", () => {
  const nodes = Array.from({ length: 10 }, (_, index) => viewNode(nodeOf({ name: `n${index}` })));
  const at = (seed: number): string | undefined => decide({ pod: viewPod(podOf()), nodes, plugins: defaultPlugins, offset: 0, seed }).node;
  assert.equal(at(7), at(7));
  assert.ok(new Set(Array.from({ length: 20 }, (_, seed) => at(seed))).size > 1);
});

test("enoughFeasibleNodes: all of a small cluster, a tenth of 5,000", () => {
  assert.deepEqual([10, 99, 100, 1000, 5000, 10_000].map(enoughFeasibleNodes), [10, 99, 100, 420, 500, 500]);
});
