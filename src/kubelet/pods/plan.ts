// What is to be done for one pod now: a pure function from what is wanted, what runs, what is remembered and the time.
// Invariant: never starts what already runs, never stops what should run; equal input, equal plan. Nothing is done here.
// Called by: worker.ts before and after every step. Next on the way: actions.ts carries the plan out.

import type { Container, Pod } from "#api";
import type { Refusal } from "./admission.ts";
import { goDuration, type PodMemory, restartAtMs } from "./memory.ts";
import { definitionHash, hasEnded, isRunningState, newest, type RuntimeContainer, type RuntimePod } from "./runtime.ts";

export type PodAction =
  | { readonly do: "createSandbox"; readonly attempt: number }
  | { readonly do: "stopSandbox"; readonly id: string }
  | { readonly do: "removeSandbox"; readonly id: string }
  | { readonly do: "startContainer"; readonly container: Container; readonly attempt: number; readonly after: RuntimeContainer | undefined }
  | {
      readonly do: "stopContainer";
      readonly container: RuntimeContainer;
      readonly graceSeconds: number;
      readonly why: string;
      readonly after?: readonly string[];
    }
  | { readonly do: "removeContainer"; readonly id: string };

export interface Backingoff {
  readonly container: string;
  readonly untilMs: number;
  readonly message: string;
}

export interface PodPlan {
  /** Carried out in order; those of one kind that stop things may go at once. */
  readonly actions: readonly PodAction[];
  /** When to look again though nothing happens. */
  readonly wakeAtMs: number | undefined;
  /** Containers that wait out their restart back-off. */
  readonly backingOff: readonly Backingoff[];
  /** Nothing runs any more and nothing ever will. */
  readonly finished: boolean;
  /** The pod has failed for a reason of its own, not its containers'. */
  readonly failure?: Refusal;
  /** In words, for the decision record. */
  readonly why: string;
}

export interface PlanInput {
  /** undefined: the API server has no such pod; what runs of it is an orphan. */
  readonly pod: Pod | undefined;
  readonly runtime: RuntimePod;
  readonly memory: PodMemory;
  readonly nowMs: number;
  readonly graceSeconds: number;
}

const none = { wakeAtMs: undefined, backingOff: [], finished: false } as const;

export const isSidecar = (container: Container): boolean => container.restartPolicy === "Always";

function hasChanged(container: Container, run: RuntimeContainer): boolean {
  return run.hash !== "" && run.hash !== definitionHash(container);
}

/** Whether a container that ended is to run again. */
export function restarts(pod: Pod, container: Container, ended: RuntimeContainer, init: boolean): boolean {
  if (isSidecar(container) || hasChanged(container, ended)) return true;
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? "Always";
  if (init && ended.exitCode === 0 && ended.state === "CONTAINER_EXITED") return false;
  if (policy === "Never") return false;
  return policy === "Always" || ended.exitCode !== 0 || ended.state === "CONTAINER_UNKNOWN";
}

function succeeded(container: RuntimeContainer | undefined): boolean {
  return container?.state === "CONTAINER_EXITED" && container.exitCode === 0;
}

/** Every container has ended for good, or an init container has failed for good. */
export function isOver(pod: Pod, runtime: RuntimePod): boolean {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const endedForGood = (container: Container, init: boolean): boolean => {
    const last = newest(runtime, container.name);
    return last !== undefined && hasEnded(last) && !restarts(pod, container, last, init);
  };
  const initFailed = initContainers.some((one) => endedForGood(one, true) && !succeeded(newest(runtime, one.name)));
  return initFailed || containers.every((one) => endedForGood(one, false));
}

/** Whom a container's end waits for: a sidecar for all containers, and for the sidecar after it. */
function stopsAfter(pod: Pod | undefined, name: string, running: ReadonlySet<string>): readonly string[] {
  const { initContainers = [], containers = [] } = pod?.spec ?? {};
  const sidecars = initContainers.filter(isSidecar).map((one) => one.name);
  const at = sidecars.indexOf(name);
  if (at < 0) return [];
  return [...containers.map((one) => one.name), ...sidecars.slice(at + 1)].filter((one) => running.has(one));
}

/** Stops what runs, then the sandbox; `finished` when there is nothing left to stop. */
function planStop(input: PlanInput, why: string): PodPlan {
  const { runtime } = input;
  const message = (name: string): string => `Stopping container ${name}`;
  const running = runtime.containers.filter((one) => one.state === "CONTAINER_RUNNING" || one.state === "CONTAINER_UNKNOWN");
  if (running.length > 0) {
    const names = new Set(running.map((one) => one.name));
    const actions = running.map((container) => {
      const after = stopsAfter(input.pod, container.name, names);
      const stop = { do: "stopContainer", container, graceSeconds: input.graceSeconds, why: message(container.name) } as const;
      return after.length > 0 ? { ...stop, after } : stop;
    });
    const anyAlive = running.some(isRunningState);
    if (anyAlive) return { ...none, actions, why };
  }
  const ready = runtime.sandboxes.filter((one) => one.ready);
  if (ready.length > 0) return { ...none, actions: ready.map((one) => ({ do: "stopSandbox", id: one.id }) as const), why };
  return { ...none, actions: [], finished: true, why };
}

/** Dead containers beyond the newest one per name, and sandboxes that hold nothing any more. */
function planTidy(runtime: RuntimePod, current: string | undefined): PodAction[] {
  const seen = new Map<string, number>();
  const doomed = new Set<string>();
  for (const container of runtime.containers) {
    if (!hasEnded(container)) continue;
    const count = (seen.get(container.name) ?? 0) + 1;
    seen.set(container.name, count);
    const isNewest = newest(runtime, container.name)?.id === container.id;
    if (count > 1 && !isNewest && count > (hasEnded(newest(runtime, container.name)) ? 2 : 1)) doomed.add(container.id);
  }
  const actions: PodAction[] = [...doomed].map((id) => ({ do: "removeContainer", id }));
  for (const sandbox of runtime.sandboxes) {
    const used = runtime.containers.some((one) => one.sandboxId === sandbox.id && !doomed.has(one.id));
    if (!sandbox.ready && sandbox.id !== current && !used) actions.push({ do: "removeSandbox", id: sandbox.id });
  }
  return actions;
}

interface Pending {
  readonly actions: PodAction[];
  readonly backingOff: Backingoff[];
  wakeAtMs: number | undefined;
}

/** Starts one container if its back-offs allow; says when they will. */
function planStart(input: PlanInput & { pod: Pod }, container: Container, last: RuntimeContainer | undefined, pending: Pending): void {
  const { memory, nowMs, pod } = input;
  const wake = (atMs: number): void => {
    pending.wakeAtMs = Math.min(pending.wakeAtMs ?? atMs, atMs);
  };
  const retryAtMs = memory.retryAtMs.get(container.name);
  if (retryAtMs !== undefined && retryAtMs > nowMs) return wake(retryAtMs);
  const entry = memory.restarts.get(container.name);
  const atMs = last && hasEnded(last) ? restartAtMs(entry, last.finishedAtMs) : undefined;
  if (atMs !== undefined && atMs > nowMs) {
    const { name = "", namespace = "", uid = "" } = pod.metadata;
    const message = `back-off ${goDuration(entry?.delayMs ?? 0)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
    pending.backingOff.push({ container: container.name, untilMs: atMs, message });
    return wake(atMs);
  }
  const known = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (one) => one.name === container.name,
  );
  // A container the API knows to have existed and the runtime has lost still counts as a run.
  const fromStatus = known?.containerID === undefined ? 0 : known.restartCount + 1;
  const attempt = last === undefined ? fromStatus : hasEnded(last) ? last.attempt + 1 : last.attempt;
  pending.actions.push({ do: "startContainer", container, attempt, after: last });
}

function planContainers(input: PlanInput & { pod: Pod }): PodPlan {
  const { pod, runtime, memory } = input;
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const pending: Pending = { actions: [], backingOff: [], wakeAtMs: undefined };
  const consider = (container: Container, init: boolean): void => {
    const last = newest(runtime, container.name);
    const changed = last !== undefined && hasChanged(container, last);
    const unhealthy = changed ? `Container ${container.name} definition changed, will be restarted` : memory.unhealthy.get(container.name);
    if (isRunningState(last) && unhealthy !== undefined) {
      pending.actions.push({ do: "stopContainer", container: last!, graceSeconds: input.graceSeconds, why: unhealthy });
    } else if (!isRunningState(last) && (last === undefined || !hasEnded(last) || restarts(pod, container, last, init))) {
      planStart(input, container, last, pending);
    }
  };
  // A look inside needs no initialization to be over. Each is started once; how it ends is nobody's business.
  for (const one of pod.spec?.ephemeralContainers ?? []) {
    const last = newest(runtime, one.name);
    const began = (pod.status?.ephemeralContainerStatuses ?? []).some(
      ({ name, containerID }) => name === one.name && containerID !== undefined,
    );
    if (last === undefined ? !began : last.state === "CONTAINER_CREATED") planStart(input, one as Container, last, pending);
  }
  // In a new sandbox the init containers run again: whatever they prepared went with the old one.
  const here = (one: RuntimeContainer | undefined): boolean => one !== undefined && one.sandboxId === runtime.sandboxes[0]?.id;
  const regularStarted = containers.some((one) => here(newest(runtime, one.name)));
  if (regularStarted) for (const container of initContainers.filter(isSidecar)) consider(container, true);
  else {
    for (const container of initContainers) {
      const last = newest(runtime, container.name);
      const sidecarUp =
        isSidecar(container) && isRunningState(last) && (container.startupProbe === undefined || memory.started.get(last!.id) === true);
      if (sidecarUp || (!isSidecar(container) && here(last) && succeeded(last))) continue;
      if (here(last)) consider(container, true);
      else planStart(input, container, last, pending);
      return { ...none, ...pending, why: `init container ${container.name} comes first` };
    }
  }
  for (const container of containers) consider(container, false);
  return { ...none, ...pending, why: pending.actions.length > 0 ? "containers are not as wanted" : "as wanted" };
}

/** When a pod with activeDeadlineSeconds has run long enough. */
function deadlineMs(pod: Pod): number | undefined {
  const { activeDeadlineSeconds } = pod.spec ?? {};
  const { startTime } = pod.status ?? {};
  return activeDeadlineSeconds === undefined || startTime === undefined ? undefined : Date.parse(startTime) + activeDeadlineSeconds * 1000;
}

export const deadlineExceeded: Refusal = {
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
};

export function planPod(input: PlanInput): PodPlan {
  const { pod, memory, nowMs } = input;
  if (!pod) return planStop(input, "the API server has no such pod");
  if (pod.metadata.deletionTimestamp !== undefined) return planStop(input, "the pod is being deleted");
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed") return planStop(input, `the pod has ended: ${phase}`);
  if (memory.refused) return { ...planStop(input, `this node does not take the pod: ${memory.refused.reason}`), failure: memory.refused };
  const endMs = deadlineMs(pod);
  if (endMs !== undefined && endMs <= nowMs) return { ...planStop(input, deadlineExceeded.message), failure: deadlineExceeded };
  const plan = planLiving({ ...input, pod });
  return endMs === undefined ? plan : { ...plan, wakeAtMs: Math.min(plan.wakeAtMs ?? endMs, endMs) };
}

function planLiving(input: PlanInput & { pod: Pod }): PodPlan {
  const { pod, runtime, memory, nowMs } = input;
  if (isOver(pod, runtime)) return planStop(input, "all containers have ended and none is to run again");

  const current = runtime.sandboxes[0];
  if (!current?.ready) {
    if (memory.sandboxRetry && memory.sandboxRetry.untilMs > nowMs) {
      return { ...none, actions: [], wakeAtMs: memory.sandboxRetry.untilMs, why: "waiting to try the sandbox again" };
    }
    const alive = runtime.containers.filter(isRunningState);
    const stop = alive.map((container) => ({ do: "stopContainer", container, graceSeconds: 0, why: "" }) as const);
    // What is dead still holds its address and its interface until it is stopped.
    const dead = runtime.sandboxes.map((one) => ({ do: "stopSandbox", id: one.id }) as const);
    const attempt = current ? current.attempt + 1 : 0;
    return {
      ...none,
      actions: [...stop, ...dead, { do: "createSandbox", attempt }],
      why: current ? "the sandbox has ended" : "there is no sandbox",
    };
  }
  // A sandbox that is not the newest is left over from a crash between two steps.
  const stale = runtime.sandboxes.slice(1).filter((one) => one.ready);
  if (stale.length > 0) return { ...none, actions: stale.map((one) => ({ do: "stopSandbox", id: one.id }) as const), why: "two sandboxes" };
  const plan = planContainers(input);
  return plan.actions.length > 0 ? plan : { ...plan, actions: planTidy(runtime, current.id) };
}
