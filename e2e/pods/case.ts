// One case of a pod: what is asked for, how it is to end, what is then to be seen.
// Invariant: a case knows nothing of the others; its objects carry its key in their names.
// Called by: the tables beside this file; run.ts carries them out. Next on the way: run.ts.

import type { Pod, PodSpec } from "#api";

export const image = "dhow.local/busybox:1";

type Container = PodSpec["containers"][number];

/** What a case may do once its pod is where it should be. */
export interface CaseTools {
  readonly key: string;
  readonly pod: Pod;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Looks until it holds; fails by name after twenty seconds. */
  readonly eventually: (what: string, holds: (pod: Pod | undefined) => boolean | Promise<boolean>) => Promise<Pod | undefined>;
  readonly logs: (container?: string) => Promise<string>;
}

export interface PodCase {
  /** Short and unique: the pod's name. */
  readonly key: string;
  /** A sentence. */
  readonly says: string;
  readonly spec: Partial<PodSpec>;
  readonly metadata?: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  /** Objects the pod needs, created before it. */
  readonly objects?: readonly object[];
  /** Where the pod is to come. */
  readonly ends: "Succeeded" | "Failed" | "Ready" | ((pod: Pod) => boolean);
  /** All that the first container has written. */
  readonly logs?: string | RegExp;
  readonly sees?: readonly (readonly [what: string, see: (pod: Pod) => unknown, is: unknown])[];
  readonly events?: readonly RegExp[];
  readonly afterwards?: (tools: CaseTools) => Promise<void>;
}

/** One container that runs a script; by default to its end, once. */
export function sh(script: string, more: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Partial<PodSpec> {
  return { restartPolicy: "Never", containers: [shell("c", script, more)], ...spec };
}

export function shell(name: string, script: string, more: Partial<Container> = {}): Container {
  return { name, image, command: ["sh", "-c", script], ...more };
}

/** Until somebody stops it, and then at once. */
export const forever = "trap 'exit 0' TERM; while :; do sleep 0.2; done";

export function configMap(name: string, data: Record<string, string>): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

export function secret(name: string, data: Record<string, string>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: data };
}

export const state = (pod: Pod, name = "c") =>
  [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find((one) => one.name === name);
export const waiting = (reason: string) => (pod: Pod) => state(pod)?.state?.waiting?.reason === reason;
export const waitingMessage = (pod: Pod): unknown => state(pod)?.state?.waiting?.message;
export const ended = (pod: Pod, name = "c") => state(pod, name)?.state?.terminated;
