// What the scheduler tells the API server: a binding when a node was found, a condition and an Event when none was.
// Invariant: the node is written only through pods/binding, so that two schedulers cannot both place a pod.
// Called by: scheduler.ts. Next on the way: apiserver/registry for the binding, kubelet/ for what a bound pod sets off.

import { ApiError } from "#api";
import type { Client, Recorder, WriteContext } from "#client";
import { type Clock, rfc3339 } from "#lib";
import type { PodView } from "./framework.ts";

interface BinderOptions {
  readonly client: Client;
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** True when the pod is bound to `node` now. False when it has gone or somebody else was first; other failures throw. */
export async function bind(options: BinderOptions, pod: PodView, node: string, context: WriteContext): Promise<boolean> {
  const { name = "", namespace = "", uid = "" } = pod.pod.metadata ?? {};
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace, uid }, target: { kind: "Node", name: node } };
  try {
    await options.client.resource("pods").subresource("POST", namespace, name, "binding", binding, context);
  } catch (error) {
    if (error instanceof ApiError && (error.status.code === 404 || error.status.code === 409)) return false;
    throw error;
  }
  options.recorder.event(pod.pod, "Normal", "Scheduled", `Successfully assigned ${pod.key} to ${node}`, context);
  return true;
}

/** `PodScheduled: False`, as `kubectl describe pod` shows it; written only when its words have changed. */
export async function reportUnschedulable(
  options: BinderOptions,
  pod: PodView,
  message: string,
  context: WriteContext,
  nominated?: string,
): Promise<void> {
  options.recorder.event(pod.pod, "Warning", "FailedScheduling", message, context);
  const { name = "", namespace = "", generation } = pod.pod.metadata ?? {};
  const known = pod.pod.status?.conditions?.find((condition) => condition.type === "PodScheduled");
  if (
    known?.status === "False" &&
    known.message === message &&
    (nominated ?? pod.pod.status?.nominatedNodeName) === pod.pod.status?.nominatedNodeName
  )
    return;
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastProbeTime: null,
    lastTransitionTime: known?.status === "False" ? known.lastTransitionTime : rfc3339(options.clock.nowMs()),
  };
  const patch = { status: { conditions: [condition], ...(nominated === undefined ? {} : { nominatedNodeName: nominated }) } };
  await options.client.resource("pods").patch(namespace, name, "strategic", patch, context, { subresource: "status" });
}

/** Asks the victims to go, each with the reason in its status; a victim that is gone already is as good. */
export async function evict(
  options: BinderOptions,
  pod: PodView,
  node: string,
  victims: readonly PodView[],
  context: WriteContext,
): Promise<void> {
  const pods = options.client.resource("pods");
  const scheduler = pod.pod.spec?.schedulerName ?? "default-scheduler";
  for (const victim of victims) {
    const { name = "", namespace = "", uid = "", generation, deletionTimestamp } = victim.pod.metadata ?? {};
    if (deletionTimestamp !== undefined) continue;
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "PreemptionByScheduler",
      message: `${scheduler}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: rfc3339(options.clock.nowMs()),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    try {
      await pods.patch(namespace, name, "strategic", { status: { conditions: [condition] } }, context, { subresource: "status" });
      await pods.delete(namespace, name, { preconditions: { uid } }, context);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
      continue;
    }
    options.recorder.event(victim.pod, "Normal", "Preempted", `Preempted by pod ${pod.uid} on node ${node}`, context);
  }
}
