// The scheduler's picture of the cluster: what is taken, what is assumed, what comes back.
// Invariant: whatever happens to a pod, a node's sums equal the sums of the pods on it.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "./cluster.ts";
import { nodeOf, podOf } from "./testing.ts";
import { viewPod } from "./views.ts";

function used(cluster: Cluster): string {
  return cluster
    .nodes()
    .map((node) => `${node.name}: ${node.podCount} pods ${node.requested.get("cpu") ?? 0}m`)
    .join(", ");
}

const bound = (name: string, cpu: string, nodeName: string) => podOf({ name, cpu, spec: { nodeName } });

test("an assumed pod takes room at once, and once only when it is seen bound", () => {
  const cluster = new Cluster();
  cluster.setNode(nodeOf());
  cluster.assume(viewPod(podOf({ name: "a", cpu: "1" })), "n1");
  assert.equal(used(cluster), "n1: 1 pods 1000m");
  assert.deepEqual(cluster.assumedUids(), ["uid-a"]);
  cluster.setBoundPod(bound("a", "1", "n1"));
  assert.equal(used(cluster), "n1: 1 pods 1000m");
  assert.deepEqual(cluster.assumedUids(), []);
});

test("a status says nothing new of a bound pod; new requests, labels and its leaving do", () => {
  const cluster = new Cluster();
  cluster.setNode(nodeOf());
  const pod = (cpu: string, metadata: object) => {
    const one = bound("a", cpu, "n1");
    return { ...one, metadata: { ...one.metadata, ...metadata } };
  };
  cluster.assume(viewPod({ ...podOf({ name: "a", cpu: "1" }), metadata: pod("1", { generation: 1 }).metadata }), "n1");
  cluster.setBoundPod(pod("1", { generation: 1 }));
  assert.deepEqual(cluster.assumedUids(), []);
  const [before] = cluster.nodes();
  cluster.setBoundPod({ ...pod("1", { generation: 1, resourceVersion: "9" }), status: { phase: "Running" } });
  assert.equal(cluster.nodes()[0], before);
  cluster.setBoundPod(pod("2", { generation: 2 }));
  assert.equal(used(cluster), "n1: 1 pods 2000m");
  cluster.setBoundPod(pod("2", { generation: 2, labels: { app: "b" } }));
  assert.deepEqual(cluster.nodes()[0]?.pods[0]?.pod.metadata.labels, { app: "b" });
  cluster.setBoundPod(pod("2", { generation: 2, labels: { app: "b" }, deletionTimestamp: "2026-01-01T00:00:00Z" }));
  assert.ok(cluster.nodes()[0]?.pods[0]?.pod.metadata.deletionTimestamp);
});

test("a failed binding gives the room back; forgetting a bound pod does nothing", () => {
  const cluster = new Cluster();
  cluster.setNode(nodeOf());
  cluster.assume(viewPod(podOf({ name: "a", cpu: "1" })), "n1");
  cluster.forget("uid-a");
  cluster.setBoundPod(bound("b", "2", "n1"));
  cluster.forget("uid-b");
  assert.equal(used(cluster), "n1: 1 pods 2000m");
});

test("somebody else bound the pod elsewhere: the assumption is corrected", () => {
  const cluster = new Cluster();
  cluster.setNode(nodeOf({ name: "n1" }));
  cluster.setNode(nodeOf({ name: "n2" }));
  cluster.assume(viewPod(podOf({ name: "a", cpu: "1" })), "n1");
  cluster.setBoundPod(bound("a", "1", "n2"));
  assert.equal(used(cluster), "n1: 0 pods 0m, n2: 1 pods 1000m");
});

test("pods may be seen before their node, and outlive a change of it", () => {
  const cluster = new Cluster();
  cluster.setBoundPod(bound("a", "1", "n1"));
  cluster.setNode(nodeOf());
  cluster.setNode(nodeOf({ cpu: "8" }));
  assert.equal(used(cluster), "n1: 1 pods 1000m");
  assert.equal(cluster.removePod("uid-a"), true);
  assert.equal(cluster.removePod("uid-a"), false);
  assert.equal(used(cluster), "n1: 0 pods 0m");
});
