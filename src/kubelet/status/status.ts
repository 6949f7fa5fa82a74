// The whole status of a pod, and the patch that brings the API server's copy to it.
// Invariant: pure; equal input gives an equal status, so "did anything change" is a comparison, not a guess.
// Called by: pods/worker.ts after every pass. Next on the way: the patch of pods/status.

import { isDeepStrictEqual } from "node:util";
import type { Pod, PodCondition, PodStatus } from "#api";
import { rfc3339 } from "#lib";
import { conditionsOf, phaseOf } from "./conditions.ts";
import { type ContainerStatusInput, containerStatus } from "./containers.ts";
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
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const now = rfc3339(input.nowMs);
  const init = initContainers.map((one) => containerStatus(one, true, input));
  const regular = containers.map((one) => containerStatus(one, false, input));
  // As long as a container runs, the pod has not ended, whatever its fate.
  const failure = input.over ? input.failure : undefined;
  const phase = failure ? "Failed" : phaseOf(pod, init, regular, input.over);
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
    conditions: conditionsOf({ pod, phase, init, regular, sandboxReady: sandbox?.ready === true, now }),
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(input.hostIps[0] === undefined ? {} : { hostIP: input.hostIps[0], hostIPs: input.hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? now,
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: regular,
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
  "qosClass",
] as const satisfies readonly (keyof PodStatus)[];

const plain = (value: unknown): unknown => (value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown));

/** Empty objects (`lastState: {}`) and absent fields are the same to the API. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== "object") return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const kept = normal(inner);
    const empty =
      kept === undefined || kept === null || (typeof kept === "object" && !Array.isArray(kept) && Object.keys(kept).length === 0);
    if (!empty) copy[key] = kept;
  }
  return copy;
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
    if (isDeepStrictEqual(normal(plain(current?.[field])), normal(plain(wanted[field])))) continue;
    if (field === "conditions") patch[field] = conditionsPatch(current?.conditions ?? [], wanted.conditions ?? []);
    // Addresses merge by their value: without the directive an old one would stay.
    else if ((field === "podIPs" || field === "hostIPs") && (current?.[field]?.length ?? 0) > 0)
      patch[field] = [{ $patch: "replace" }, ...(wanted[field] ?? [])];
    else patch[field] = wanted[field] ?? null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
