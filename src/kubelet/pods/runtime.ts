// What the runtime has of one pod, read through CRI and put in the order the plan wants: newest first.
// Invariant: read whole at the start of a pass; identity comes from CRI labels alone, so a restarted agent sees the same.
// Called by: worker.ts. Next on the way: plan.ts.

import { createHash } from "node:crypto";
import type { Container } from "#api";
import type { CallOptions, ContainerState, ContainerStatus, Cri, Container as ListedContainer, PodSandboxStatus } from "#cri";

/** Labels under which upstream's kubelet and ours find their sandboxes and containers. */
export const labelNames = {
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
} as const;
export const annotationNames = {
  restartCount: "io.kubernetes.container.restartCount",
  hash: "io.kubernetes.container.hash",
  terminationMessagePath: "io.kubernetes.container.terminationMessagePath",
  terminationMessagePolicy: "io.kubernetes.container.terminationMessagePolicy",
  gracePeriod: "io.kubernetes.pod.terminationGracePeriod",
} as const;

export interface RuntimeSandbox {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAtMs: number;
  readonly ips: readonly string[];
}

export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  /** The restart count it was created with. */
  readonly attempt: number;
  readonly sandboxId: string;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly image: string;
  readonly imageRef: string;
  /** The hash of the definition it was made from; empty: unknown. */
  readonly hash: string;
}

export interface RuntimePod {
  readonly sandboxes: readonly RuntimeSandbox[];
  readonly containers: readonly RuntimeContainer[];
}

export const emptyRuntimePod: RuntimePod = { sandboxes: [], containers: [] };

const milliseconds = (nanoseconds: number): number => Math.floor(nanoseconds / 1_000_000);

function sandboxOf(status: PodSandboxStatus): RuntimeSandbox {
  const ips = status.network?.ip ? [status.network.ip, ...status.network.additionalIps.map((one) => one.ip)] : [];
  return {
    id: status.id,
    attempt: status.metadata.attempt,
    ready: status.state === "SANDBOX_READY",
    createdAtMs: milliseconds(status.createdAt),
    ips,
  };
}

function containerOf(listed: ListedContainer, status: ContainerStatus): RuntimeContainer {
  return {
    id: listed.id,
    name: listed.labels[labelNames.containerName] ?? listed.metadata.name,
    attempt: status.metadata.attempt,
    sandboxId: listed.podSandboxId,
    state: status.state,
    createdAtMs: milliseconds(status.createdAt),
    startedAtMs: milliseconds(status.startedAt),
    finishedAtMs: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: status.image?.image ?? "",
    imageRef: status.imageRef,
    hash: listed.annotations[annotationNames.hash] ?? "",
  };
}

/** One look at everything the runtime has under the pod's uid. What vanishes between list and status is left out. */
export async function observe(cri: Cri, uid: string, options: CallOptions): Promise<RuntimePod> {
  const labels = { [labelNames.podUid]: uid };
  const [sandboxes, containers] = await Promise.all([cri.listPodSandbox(labels, options), cri.listContainers(labels, options)]);
  const [sandboxStatuses, containerStatuses] = await Promise.all([
    Promise.all(sandboxes.map((one) => cri.podSandboxStatus(one.id, options))),
    Promise.all(containers.map((one) => cri.containerStatus(one.id, options))),
  ]);
  const found: RuntimeContainer[] = [];
  for (const [index, status] of containerStatuses.entries()) if (status) found.push(containerOf(containers[index]!, status));
  return {
    sandboxes: sandboxStatuses
      .filter((status) => status !== undefined)
      .map(sandboxOf)
      .sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt),
    containers: found.sort((a, b) => b.attempt - a.attempt || b.createdAtMs - a.createdAtMs),
  };
}

/** Of a container only its image may change while it runs; all else is immutable by the API's rules. */
export function definitionHash(container: Container): string {
  return createHash("sha256")
    .update(container.image ?? "")
    .digest("hex")
    .slice(0, 8);
}

/** The newest container of that name. */
export function newest(runtime: RuntimePod, name: string): RuntimeContainer | undefined {
  return runtime.containers.find((one) => one.name === name);
}

export function isRunningState(container: RuntimeContainer | undefined): boolean {
  return container?.state === "CONTAINER_RUNNING";
}

export function hasEnded(container: RuntimeContainer | undefined): boolean {
  return container?.state === "CONTAINER_EXITED" || container?.state === "CONTAINER_UNKNOWN";
}
