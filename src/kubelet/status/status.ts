// The whole status of a pod, and the patch that brings the API server's copy to it.
// Invariant: pure; equal input gives an equal status, so "did anything change" is a comparison, not a guess.
// Called by: pods/worker.ts after every pass. Next on the way: the patch of pods/status.

import type { Pod, PodCondition, PodStatus } from "#api";
import { own, rfc3339 } from "#lib";
import { isRunningState } from "../pods/runtime.ts";
import { conditionsOf, conditionTypes, phaseOf } from "./conditions.ts";
import { type ContainerStatusInput, containerStatus, ephemeralStatus } from "./containers.ts";
import { qosClass } from "./qos.ts";

export interface StatusInput extends ContainerStatusInput {
  readonly nowMs: number;
  readonly hostIps: readonly string[];
  /** Nothing of the pod runs any more, and nothing will. */
  readonly over: boolean;
  /** Why the pod failed, beyond its containers: a deadline, a refusal by the node. */
  readonly failure?: { readonly reason: string; readonly message: string };
  /** The node never took the pod: there are no containers to speak of. */
  readonly refused?: boolean;
}

export function podStatus(input: StatusInput): PodStatus {
  const { pod, runtime } = input;
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const now = rfc3339(input.nowMs);
  const init = initContainers.map((one) => containerStatus(one, true, input));
  const regular = containers.map((one) => containerStatus(one, false, input));
  const ephemeral = ephemeralContainers.map((one) => ephemeralStatus(one, input));
  // As long as a container runs, the pod has not ended, whatever its fate.
  const failure = input.over ? input.failure : undefined;
  const fate = failure ? "Failed" : phaseOf(pod, init, regular, input.over);
  // Whoever reads that a pod has ended gives away what it held: a sidecar that still runs keeps the phase that was.
  const held = fate !== "Running" && fate !== "Pending" && runtime.containers.some(isRunningState);
  const phase = held ? (pod.status?.phase ?? "Pending") : fate;
  const sandbox = runtime.sandboxes[0];
  const known = pod.status?.podIPs?.map((one) => one.ip ?? "") ?? [];
  const own = pod.spec?.hostNetwork ? input.hostIps : (sandbox?.ips ?? []);
  // A pod that is being taken down keeps the address it had, so that those who watch can tell which it was.
  const ips = own.length > 0 ? own : known;
  const { generation } = pod.metadata;
  if (input.refused === true && failure) return refusedStatus(pod, failure, now);
  const { reason = pod.status?.reason, message = pod.status?.message } = failure ?? {};
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: conditionsOf({ pod, phase: fate, init, regular, sandboxReady: sandbox?.ready === true, now }),
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(input.hostIps[0] === undefined ? {} : { hostIP: input.hostIps[0], hostIPs: input.hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? now,
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: regular,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
}

/** Nothing of the pod ever was here: the reason is all there is to say. */
function refusedStatus(pod: Pod, failure: { readonly reason: string; readonly message: string }, now: string): PodStatus {
  const { generation } = pod.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: "Failed",
    ...(pod.status?.conditions ? { conditions: pod.status.conditions } : {}),
    message: `Pod was rejected: ${failure.message}`,
    reason: failure.reason,
    startTime: pod.status?.startTime ?? now,
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
}

const owned = [
  "observedGeneration",
  "phase",
  "conditions",
  "message",
  "reason",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "ephemeralContainerStatuses",
  "qosClass",
] as const satisfies readonly (keyof PodStatus)[];

/** Absent, null, and an object in which nothing is (`lastState: {}`) are the same to the API. A list is something, also an empty one. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== "object" || Array.isArray(value)) return false;
  for (const key in value) if (!isNothing((value as Record<string, unknown>)[key])) return false;
  return true;
}

/** Whether two values are one to the API. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return isNothing(a) && isNothing(b);
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, index) => same(one, b[index]));
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key in left) if (!same(left[key], own(right, key))) return false;
  for (const key in right) if (own(left, key) === undefined && !isNothing(right[key])) return false;
  return true;
}

/** What the API server has, as it will be once it has been told `told`: our fields and conditions, and others' as they are. */
export function withStatus(current: PodStatus | undefined, told: PodStatus): PodStatus {
  const isOurs = ({ type }: PodCondition): boolean => (conditionTypes as readonly string[]).includes(type);
  const others = (current?.conditions ?? []).filter((one) => !isOurs(one));
  return { ...current, ...told, conditions: [...(told.conditions ?? []).filter(isOurs), ...others] };
}

/** Conditions merge by type: a reason or message that is no longer there must be said to be gone. */
function conditionsPatch(current: readonly PodCondition[], wanted: readonly PodCondition[]): readonly object[] {
  return wanted.map((condition) => {
    const before = current.find((one) => one.type === condition.type);
    const gone = (["reason", "message"] as const).filter((key) => before?.[key] !== undefined && condition[key] === undefined);
    return { ...condition, ...Object.fromEntries(gone.map((key) => [key, null])) };
  });
}

/** A strategic merge patch of the fields that differ; undefined when none does. */
export function statusPatch(current: PodStatus | undefined, wanted: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const field of owned) {
    if (same(current?.[field], wanted[field])) continue;
    if (field === "conditions") patch[field] = conditionsPatch(current?.conditions ?? [], wanted.conditions ?? []);
    // Addresses merge by their value: without the directive an old one would stay.
    else if ((field === "podIPs" || field === "hostIPs") && (current?.[field]?.length ?? 0) > 0)
      patch[field] = [{ $patch: "replace" }, ...(wanted[field] ?? [])];
    else patch[field] = wanted[field] ?? null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
