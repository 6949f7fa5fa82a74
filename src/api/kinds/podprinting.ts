// A pod as one line of `kubectl get pods`: how many containers are ready, and in one word what it is doing.
// Invariant: the word is the last container's trouble, unless an init container has not finished; cells are upstream's.
// Called by: pod.ts. Next on the way: printing/table.ts.

import type { ApiObject } from "../machinery/object.ts";
import type { ContainerStatus, Pod, PodStatus } from "../machinery/types.gen.ts";
import { isConditionTrue } from "../meta/conditions.ts";
import { age } from "../meta/duration.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as } from "./common.ts";
import type { Column, Row } from "./rules.ts";

export const podColumns: readonly Column[] = [
  nameColumn,
  column("Ready", "Containers that are ready, of all."),
  column("Status", "What the pod is doing, in one word."),
  column("Restarts", "How often its containers were restarted, and when last."),
  ageColumn,
  column("IP", "The pod's first address.", { wide: true }),
  column("Node", "The node that runs the pod.", { wide: true }),
  column("Nominated Node", "The node that preemption is clearing for the pod.", { wide: true }),
  column("Readiness Gates", "Readiness gates that are met, of all.", { wide: true }),
];

interface Tally {
  reason: string;
  restarts: number;
  lastRestartMs: number;
  ready: number;
}

function lastTerminationMs(status: ContainerStatus): number {
  const finishedAt = status.lastState?.terminated?.finishedAt;
  return finishedAt ? Date.parse(finishedAt) : 0;
}

function terminatedReason(status: ContainerStatus): string {
  const terminated = status.state?.terminated;
  if (terminated?.reason) return terminated.reason;
  return terminated?.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated?.exitCode ?? 0}`;
}

/** What keeps the init containers from being done, or undefined if nothing does. Counts sidecars that are ready. */
function initReason(status: ContainerStatus, index: number, total: number): string {
  const { state } = status;
  if (state?.terminated) return `Init:${terminatedReason(status)}`;
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${total}`;
}

/** Returns whether the pod is still initializing, and the restarts of sidecars, which count for the pod's whole life. */
function tallyInit(pod: Pod, tally: Tally, sidecars: ReadonlySet<string>): { initializing: boolean; sidecar: Tally } {
  const sidecar: Tally = { ...tally, restarts: 0, lastRestartMs: 0 };
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [index, status] of statuses.entries()) {
    const isSidecar = sidecars.has(status.name ?? "");
    for (const one of isSidecar ? [tally, sidecar] : [tally]) {
      one.restarts += status.restartCount ?? 0;
      one.lastRestartMs = Math.max(one.lastRestartMs, lastTerminationMs(status));
    }
    if (status.state?.terminated && (status.state.terminated.exitCode ?? 0) === 0) continue;
    if (isSidecar && status.started) {
      if (status.ready) tally.ready++;
      continue;
    }
    tally.reason = initReason(status, index, pod.spec?.initContainers?.length ?? 0);
    return { initializing: true, sidecar };
  }
  return { initializing: false, sidecar };
}

function tallyContainers(status: PodStatus, tally: Tally): void {
  let running = false;
  let failure = "";
  for (const container of [...(status.containerStatuses ?? [])].reverse()) {
    tally.restarts += container.restartCount ?? 0;
    tally.lastRestartMs = Math.max(tally.lastRestartMs, lastTerminationMs(container));
    const { state } = container;
    if (state?.waiting?.reason) tally.reason = state.waiting.reason;
    else if (state?.terminated) {
      tally.reason = terminatedReason(container);
      if ((state.terminated.exitCode ?? 0) !== 0) failure = tally.reason;
    } else if (container.ready && state?.running) {
      running = true;
      tally.ready++;
    }
  }
  if (tally.reason !== "Completed") return;
  // One container is done, but not the pod.
  if (running && isConditionTrue(status.conditions, "Ready")) tally.reason = "Running";
  else if (failure !== "") tally.reason = failure;
  else if (running) tally.reason = "NotReady";
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const met = gates.filter((gate) => isConditionTrue(pod.status?.conditions, gate.conditionType ?? ""));
  return `${met.length}/${gates.length}`;
}

const finished: Readonly<Record<string, Row["conditions"]>> = {
  Succeeded: [{ type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." }],
  Failed: [{ type: "Completed", status: "True", reason: "Failed", message: "The pod failed." }],
};

export function podRow(object: ApiObject, nowMs: number): Row {
  const pod = as<Pod>(object);
  const status: PodStatus = pod.status ?? {};
  const sidecars = new Set((pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name ?? ""));
  const total = (pod.spec?.containers?.length ?? 0) + sidecars.size;
  const tally: Tally = { reason: status.reason || status.phase || "", restarts: 0, lastRestartMs: 0, ready: 0 };
  if (status.conditions?.some((one) => one.type === "PodScheduled" && one.reason === "SchedulingGated")) tally.reason = "SchedulingGated";
  const { initializing, sidecar } = tallyInit(pod, tally, sidecars);
  if (!initializing || isConditionTrue(status.conditions, "Initialized")) {
    tally.restarts = sidecar.restarts;
    tally.lastRestartMs = sidecar.lastRestartMs;
    tallyContainers(status, tally);
  }
  if (object.metadata.deletionTimestamp) {
    if (status.reason === "NodeLost") tally.reason = "Unknown";
    else if (status.phase !== "Succeeded" && status.phase !== "Failed") tally.reason = "Terminating";
  }
  const ago = tally.restarts !== 0 && tally.lastRestartMs > 0 ? ` (${age(new Date(tally.lastRestartMs).toISOString(), nowMs)} ago)` : "";
  const cells = [
    object.metadata.name ?? "",
    `${tally.ready}/${total}`,
    tally.reason,
    `${tally.restarts}${ago}`,
    age(object.metadata.creationTimestamp, nowMs),
    status.podIPs?.[0]?.ip || "<none>",
    pod.spec?.nodeName || "<none>",
    status.nominatedNodeName || "<none>",
    readinessGates(pod),
  ];
  const conditions = finished[status.phase ?? ""];
  return conditions ? { cells, conditions } : { cells };
}
