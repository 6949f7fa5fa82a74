// Pods and nodes for tests, in as few words as a table row can bear.
// Invariant: what a row does not name is what a fresh cluster has.
// Called by: the tests of this folder only.

import type { Container, Node, Pod, PodSpec, Taint } from "#api";

export interface PodRow {
  readonly name?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly hostPort?: number;
  readonly spec?: Partial<PodSpec>;
}

export function podOf(row: PodRow = {}): Pod {
  const name = row.name ?? "web";
  const requests = { ...(row.cpu ? { cpu: row.cpu } : {}), ...(row.memory ? { memory: row.memory } : {}) };
  const container: Container = {
    name: "main",
    image: "busybox",
    resources: { requests },
    ...(row.hostPort ? { ports: [{ containerPort: row.hostPort, hostPort: row.hostPort, protocol: "TCP" }] } : {}),
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${name}`, resourceVersion: "1" },
    spec: { containers: [container], ...row.spec },
  };
}

export interface NodeRow {
  readonly name?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly labels?: Record<string, string>;
  readonly taints?: Taint[];
  readonly unschedulable?: boolean;
}

export function nodeOf(row: NodeRow = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: row.name ?? "n1", resourceVersion: "1", labels: row.labels ?? {} },
    spec: { ...(row.taints ? { taints: row.taints } : {}), ...(row.unschedulable ? { unschedulable: true } : {}) },
    status: { allocatable: { cpu: row.cpu ?? "4", memory: row.memory ?? "8Gi", pods: row.pods ?? "110" } },
  };
}
