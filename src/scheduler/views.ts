// From API objects to what plugins see: one view per revision of a pod or node.
// Invariant: pure; everything a plugin would have to parse per pair is parsed here, once.
// Called by: cluster.ts. Next on the way: cycle.ts.

import { type Container, type Node, type Pod, type PodAffinityTerm, selectorFromLabelSelector } from "#api";
import { own } from "#lib";
import type { AffinityTerm, AffinityTerms, HostPort, NodeView, PodView } from "./framework.ts";
import { minus, plus, podRequests, toResources } from "./resources.ts";

function hostPortsOf(pod: Readonly<Pod>): HostPort[] {
  const containers: readonly Container[] = pod.spec?.containers ?? [];
  return containers.flatMap((container) =>
    (container.ports ?? []).flatMap((port) =>
      port.hostPort ? [{ ip: port.hostIP ?? "0.0.0.0", protocol: port.protocol ?? "TCP", port: port.hostPort }] : [],
    ),
  );
}

/** An absent label selector selects nobody; an empty namespace selector means every namespace. */
function viewTerm(pod: Readonly<Pod>, term: PodAffinityTerm): AffinityTerm {
  const labels = pod.metadata?.labels;
  const keyed = (keys: readonly string[] | undefined, operator: string) =>
    (keys ?? []).flatMap((key) => {
      const value = own(labels, key);
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  const more = [...keyed(term.matchLabelKeys, "In"), ...keyed(term.mismatchLabelKeys, "NotIn")];
  const { labelSelector } = term;
  const widened =
    labelSelector && more.length > 0
      ? { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...more] }
      : labelSelector;
  const named = term.namespaces ?? [];
  const namespaces = term.namespaceSelector ? "all" : new Set(named.length > 0 ? named : [pod.metadata?.namespace ?? ""]);
  return { topologyKey: term.topologyKey, selector: selectorFromLabelSelector(widened), namespaces };
}

function termsOf(pod: Readonly<Pod>): AffinityTerms | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return undefined;
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  return {
    affinity: (podAffinity?.[required] ?? []).map((term) => viewTerm(pod, term)),
    antiAffinity: (podAntiAffinity?.[required] ?? []).map((term) => viewTerm(pod, term)),
    preferred: [
      ...(podAffinity?.[preferred] ?? []).map((one) => ({ ...viewTerm(pod, one.podAffinityTerm), weight: one.weight })),
      ...(podAntiAffinity?.[preferred] ?? []).map((one) => ({ ...viewTerm(pod, one.podAffinityTerm), weight: -one.weight })),
    ],
  };
}

/** Names without a tag mean `latest`. */
export function imageName(name: string): string {
  return name.lastIndexOf(":") > name.lastIndexOf("/") ? name : `${name}:latest`;
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
    terms: termsOf(pod),
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
    pods: [],
    podsWithTerms: [],
    images: new Map(
      (node.status?.images ?? []).flatMap((one) => (one.names ?? []).map((name) => [imageName(name), one.sizeBytes ?? 0] as const)),
    ),
  };
}

export function withPod(node: NodeView, pod: PodView): NodeView {
  return {
    ...node,
    requested: plus(node.requested, pod.requests),
    podCount: node.podCount + 1,
    hostPorts: pod.hostPorts.length === 0 ? node.hostPorts : [...node.hostPorts, ...pod.hostPorts],
    pods: [...node.pods, pod],
    podsWithTerms: pod.terms ? [...node.podsWithTerms, pod] : node.podsWithTerms,
  };
}

export function withoutPod(node: NodeView, pod: PodView): NodeView {
  const hostPorts = [...node.hostPorts];
  const rest = (pods: readonly PodView[]): readonly PodView[] => pods.filter((one) => one.uid !== pod.uid);
  for (const gone of pod.hostPorts) {
    const index = hostPorts.findIndex((port) => port.port === gone.port && port.ip === gone.ip && port.protocol === gone.protocol);
    if (index >= 0) hostPorts.splice(index, 1);
  }
  return {
    ...node,
    requested: minus(node.requested, pod.requests),
    podCount: node.podCount - 1,
    hostPorts,
    pods: rest(node.pods),
    podsWithTerms: rest(node.podsWithTerms),
  };
}
