// From API objects to what plugins see: one view per revision of a pod or node.
// Invariant: pure; everything a plugin would have to parse per pair is parsed here, once.
// Called by: cluster.ts. Next on the way: cycle.ts.

import type { Container, Node, Pod } from "#api";
import type { HostPort, NodeView, PodView } from "./framework.ts";
import { minus, plus, podRequests, toResources } from "./resources.ts";

function hostPortsOf(pod: Readonly<Pod>): HostPort[] {
  const containers: readonly Container[] = pod.spec?.containers ?? [];
  return containers.flatMap((container) =>
    (container.ports ?? []).flatMap((port) =>
      port.hostPort ? [{ ip: port.hostIP ?? "0.0.0.0", protocol: port.protocol ?? "TCP", port: port.hostPort }] : [],
    ),
  );
}

export function podKey(pod: Readonly<Pod>): string {
  return `${pod.metadata?.namespace ?? ""}/${pod.metadata?.name ?? ""}`;
}

export function viewPod(pod: Readonly<Pod>): PodView {
  return {
    key: podKey(pod),
    uid: pod.metadata?.uid ?? "",
    resourceVersion: pod.metadata?.resourceVersion ?? "",
    pod,
    requests: podRequests(pod),
    tolerations: pod.spec?.tolerations ?? [],
    hostPorts: hostPortsOf(pod),
    priority: pod.spec?.priority ?? 0,
  };
}

/** A node with nothing on it yet. */
export function viewNode(node: Readonly<Node>): NodeView {
  return {
    name: node.metadata?.name ?? "",
    resourceVersion: node.metadata?.resourceVersion ?? "",
    node,
    allocatable: toResources(node.status?.allocatable ?? node.status?.capacity),
    requested: new Map(),
    podCount: 0,
    taints: node.spec?.taints ?? [],
    hostPorts: [],
  };
}

export function withPod(node: NodeView, pod: PodView): NodeView {
  return {
    ...node,
    requested: plus(node.requested, pod.requests),
    podCount: node.podCount + 1,
    hostPorts: pod.hostPorts.length === 0 ? node.hostPorts : [...node.hostPorts, ...pod.hostPorts],
  };
}

export function withoutPod(node: NodeView, pod: PodView): NodeView {
  const hostPorts = [...node.hostPorts];
  for (const gone of pod.hostPorts) {
    const index = hostPorts.findIndex((port) => port.port === gone.port && port.ip === gone.ip && port.protocol === gone.protocol);
    if (index >= 0) hostPorts.splice(index, 1);
  }
  return { ...node, requested: minus(node.requested, pod.requests), podCount: node.podCount - 1, hostPorts };
}
