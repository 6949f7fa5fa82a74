// The Node object as the agent writes it: labels, capacity, addresses, conditions.
// Invariant: pure; reasons, messages and label names are upstream's; what others own (taints, podCIDR) is not touched.
// Called by: register.ts. Next on the way: register.ts.

import { type Node, type NodeCondition, type NodeStatus, Quantity } from "#api";
import type { Image, RuntimeCondition, RuntimeVersion } from "#cri";
import { rfc3339 } from "#lib";
import type { KubeletSettings } from "../settings.ts";

export function nodeLabels(settings: KubeletSettings): Record<string, string> {
  const { operatingSystem, architecture } = settings.machine;
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": operatingSystem,
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": settings.hostname,
    "kubernetes.io/os": operatingSystem,
    ...settings.labels,
  };
}

export interface NodeFacts {
  readonly version: RuntimeVersion;
  readonly runtimeConditions: readonly RuntimeCondition[];
  readonly images: readonly Image[];
  /** Why the runtime could not be asked; undefined when it answered. */
  readonly runtimeError: string | undefined;
}

function resources(settings: KubeletSettings): Record<string, string> {
  const { cpus, memoryBytes, diskBytes } = settings.machine;
  // In the API's own form, so that what comes back can be compared with what was sent.
  const kibibytes = (bytes: number): string => Quantity.parse(`${Math.floor(bytes / 1024)}Ki`).toString();
  return {
    cpu: String(cpus),
    "ephemeral-storage": kibibytes(diskBytes),
    memory: kibibytes(memoryBytes),
    pods: String(settings.maxPods),
  };
}

interface Verdict {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

function ready(facts: NodeFacts): Verdict {
  const problems = facts.runtimeConditions
    .filter((one) => !one.status)
    .map((one) =>
      one.type === "NetworkReady"
        ? `container runtime network not ready: NetworkReady=false reason:${one.reason} message:${one.message}`
        : `container runtime not ready: RuntimeReady=false reason:${one.reason} message:${one.message}`,
    );
  if (facts.runtimeError !== undefined) problems.push(`container runtime is down: ${facts.runtimeError}`);
  if (problems.length === 0) return { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" };
  const message = problems.length === 1 ? problems[0]! : `[${problems.join(", ")}]`;
  return { type: "Ready", status: "False", reason: "KubeletNotReady", message };
}

export function nodeConditions(facts: NodeFacts, old: readonly NodeCondition[], nowMs: number): NodeCondition[] {
  const calm = (type: string, reason: string, message: string): Verdict => ({ type, status: "False", reason, message });
  const verdicts = [
    calm("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    calm("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    calm("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ready(facts),
  ];
  const now = rfc3339(nowMs);
  return verdicts.map(({ type, status, reason, message }) => {
    const before = old.find((one) => one.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  });
}

export function nodeStatus(settings: KubeletSettings, facts: NodeFacts, old: NodeStatus | undefined, nowMs: number): NodeStatus {
  const { machine } = settings;
  const capacity = resources(settings);
  return {
    capacity,
    allocatable: { ...capacity },
    conditions: nodeConditions(facts, old?.conditions ?? [], nowMs),
    addresses: [
      ...settings.addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: settings.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: settings.port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: `${facts.version.runtimeName}://${facts.version.runtimeVersion}`,
      kubeletVersion: settings.kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: machine.operatingSystem,
      architecture: machine.architecture,
    },
    images: facts.images
      .map((image) => ({ names: [...image.repoDigests, ...image.repoTags], sizeBytes: image.size }))
      .filter((image) => image.names.length > 0)
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, 50),
  };
}

export function newNode(settings: KubeletSettings): Node {
  return {
    kind: "Node",
    apiVersion: "v1",
    metadata: {
      name: settings.nodeName,
      labels: nodeLabels(settings),
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: settings.podCidr === undefined ? {} : { podCIDR: settings.podCidr, podCIDRs: [settings.podCidr] },
  };
}
