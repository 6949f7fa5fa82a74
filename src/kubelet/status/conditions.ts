// A pod's phase and conditions, worked out from its container statuses.
// Invariant: pure; the order, reasons and messages are upstream's, a condition's transition time moves only when its status does.
// Called by: status.ts. Next on the way: status.ts.

import type { ContainerStatus, Pod, PodCondition } from "#api";

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

function counts(statuses: readonly ContainerStatus[]): { waiting: number; running: number; stopped: number; succeeded: number } {
  const found = { waiting: 0, running: 0, stopped: 0, succeeded: 0 };
  for (const { state, lastState } of statuses) {
    if (state?.running) found.running++;
    else if (state?.terminated) {
      found.stopped++;
      if (state.terminated.exitCode === 0) found.succeeded++;
    } else if (lastState?.terminated) found.stopped++;
    else found.waiting++;
  }
  return found;
}

/** `over`: nothing of the pod runs any more and nothing will. */
export function phaseOf(pod: Pod, init: readonly ContainerStatus[], regular: readonly ContainerStatus[], over: boolean): PodPhase {
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed") return phase;
  const restartPolicy = pod.spec?.restartPolicy ?? "Always";
  const { waiting, running, stopped, succeeded } = counts(regular);
  const sidecars = new Set((pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always").map((one) => one.name));
  const initDone = init.every((one) => (sidecars.has(one.name) ? one.started : one.state?.terminated?.exitCode === 0));
  const initFailed = init.some((one) => !sidecars.has(one.name) && (one.state?.terminated?.exitCode ?? 0) !== 0);
  const regularStarted = running + stopped > 0;
  if (!initDone && !regularStarted) return (initFailed && restartPolicy === "Never") || over ? "Failed" : "Pending";
  if (waiting > 0) return over ? "Failed" : "Pending";
  if (running > 0) return "Running";
  if (stopped === 0) return over ? "Failed" : "Pending";
  if (over) return succeeded === stopped ? "Succeeded" : "Failed";
  if (restartPolicy === "Always") return "Running";
  if (succeeded === stopped) return "Succeeded";
  return restartPolicy === "Never" ? "Failed" : "Running";
}

interface Verdict {
  readonly status: "True" | "False";
  readonly reason?: string;
  readonly message?: string;
}

const verdict = (...messages: readonly string[]): string => messages.filter((message) => message !== "").join(", ");
const listed = (prefix: string, names: readonly string[]): string => (names.length === 0 ? "" : `${prefix}: [${names.join(" ")}]`);

function containersReady(pod: Pod, phase: PodPhase, regular: readonly ContainerStatus[]): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const unready = (pod.spec?.containers ?? []).map((one) => one.name).filter((name) => !regular.find((one) => one.name === name)?.ready);
  if (unready.length === 0) return { status: "True" };
  return { status: "False", reason: "ContainersNotReady", message: listed("containers with unready status", unready) };
}

function podReady(pod: Pod, containers: Verdict): Verdict {
  if (containers.status === "False") return containers;
  const gates = (pod.spec?.readinessGates ?? []).map(({ conditionType }) => {
    const condition = pod.status?.conditions?.find((one) => one.type === conditionType);
    if (!condition) return `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
    return condition.status === "True" ? "" : `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`;
  });
  const message = verdict(...gates);
  return message === "" ? { status: "True" } : { status: "False", reason: "ReadinessGatesNotReady", message };
}

function initialized(pod: Pod, phase: PodPhase, init: readonly ContainerStatus[], regular: readonly ContainerStatus[]): Verdict {
  if (phase === "Succeeded") return { status: "True", reason: "PodCompleted" };
  if (regular.some((one) => one.started || one.state?.running || one.state?.terminated || one.lastState?.terminated))
    return { status: "True" };
  const incomplete = (pod.spec?.initContainers ?? [])
    .filter((one) => {
      const status = init.find((each) => each.name === one.name);
      return one.restartPolicy === "Always" ? !status?.started : !status?.ready;
    })
    .map((one) => one.name);
  if (incomplete.length === 0) return { status: "True" };
  return { status: "False", reason: "ContainersNotInitialized", message: listed("containers with incomplete status", incomplete) };
}

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: PodPhase;
  readonly init: readonly ContainerStatus[];
  readonly regular: readonly ContainerStatus[];
  readonly sandboxReady: boolean;
  readonly now: string;
}

/** The conditions that are the node agent's to say, in upstream's order. */
export const conditionTypes = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"] as const;

export function conditionsOf(input: ConditionInput): PodCondition[] {
  const { pod, phase, init, regular, now } = input;
  const old = pod.status?.conditions ?? [];
  const containers = containersReady(pod, phase, regular);
  const verdicts: readonly [(typeof conditionTypes)[number], Verdict][] = [
    ["PodReadyToStartContainers", { status: input.sandboxReady ? "True" : "False" }],
    ["Initialized", initialized(pod, phase, init, regular)],
    ["Ready", podReady(pod, containers)],
    ["ContainersReady", containers],
    ["PodScheduled", { status: "True" }],
  ];
  const { generation } = pod.metadata;
  const ours = verdicts.map(([type, { status, reason, message }]): PodCondition => {
    const before = old.find((one) => one.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      status,
      lastTransitionTime,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
  });
  return [...ours, ...old.filter((one) => !verdicts.some(([type]) => type === one.type))];
}
