// Container statuses: what the API is told about each container of a pod.
// Invariant: pure; a restart count never goes back, also when the runtime has forgotten the container.
// Called by: status.ts. Next on the way: conditions.ts.

import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus, EphemeralContainer, Pod } from "#api";
import { rfc3339 } from "#lib";
import type { PodMemory } from "../pods/memory.ts";
import type { Backingoff } from "../pods/plan.ts";
import { hasEnded, isRunningState, type RuntimeContainer, type RuntimePod } from "../pods/runtime.ts";

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly runtime: RuntimePod;
  readonly memory: PodMemory;
  readonly backingOff: readonly Backingoff[];
  /** `containerd`, as in `containerd://…` */
  readonly runtimeName: string;
  /** The pod is over or being taken down: whatever does not run is terminated, not waiting. */
  readonly ending: boolean;
  readonly terminationMessage: (container: RuntimeContainer) => string;
}

function terminated(container: RuntimeContainer, input: ContainerStatusInput): ContainerStateTerminated {
  const unknown = container.state === "CONTAINER_UNKNOWN";
  const message = [container.message, input.terminationMessage(container)].filter((one) => one !== "").join(": ");
  return {
    exitCode: unknown ? 137 : container.exitCode,
    reason: unknown ? "ContainerStatusUnknown" : container.reason || (container.exitCode === 0 ? "Completed" : "Error"),
    ...(message === "" ? {} : { message }),
    startedAt: rfc3339(container.startedAtMs || container.createdAtMs),
    finishedAt: rfc3339(container.finishedAtMs || container.createdAtMs),
    containerID: `${input.runtimeName}://${container.id}`,
  };
}

/** A container that the API knows to have run and of which the runtime knows nothing. */
function lost(known: ContainerStatus): ContainerState {
  return {
    terminated: {
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      ...(known.state?.running?.startedAt === undefined ? {} : { startedAt: known.state.running.startedAt }),
      ...(known.containerID === undefined ? {} : { containerID: known.containerID }),
    },
  };
}

function waiting(input: ContainerStatusInput, container: Container): ContainerState {
  const back = input.backingOff.find((one) => one.container === container.name);
  if (back) return { waiting: { reason: "CrashLoopBackOff", message: back.message } };
  const known = input.memory.waiting.get(container.name);
  if (known) return { waiting: { reason: known.reason, ...(known.message === "" ? {} : { message: known.message }) } };
  const { initContainers = [] } = input.pod.spec ?? {};
  return { waiting: { reason: initContainers.length > 0 ? "PodInitializing" : "ContainerCreating" } };
}

/** How the run before `last` ended: from the runtime, or, where it has forgotten, from what the API was told. */
function runBefore(
  last: RuntimeContainer,
  before: RuntimeContainer | undefined,
  known: ContainerStatus | undefined,
  input: ContainerStatusInput,
): ContainerState {
  if (before && hasEnded(before)) return { terminated: terminated(before, input) };
  if (known?.containerID === undefined || known.containerID === `${input.runtimeName}://${last.id}`) return known?.lastState ?? {};
  if (known.state?.terminated) return { terminated: known.state.terminated };
  return known.state?.running ? lost(known) : (known.lastState ?? {});
}

function states(
  container: Container,
  runs: readonly RuntimeContainer[],
  known: ContainerStatus | undefined,
  input: ContainerStatusInput,
): { state: ContainerState; lastState: ContainerState } {
  const [last, before] = runs;
  const earlier = (run: RuntimeContainer | undefined): ContainerState =>
    run && hasEnded(run) ? { terminated: terminated(run, input) } : {};
  if (last && isRunningState(last))
    return { state: { running: { startedAt: rfc3339(last.startedAtMs) } }, lastState: runBefore(last, before, known, input) };
  if (last && hasEnded(last)) {
    const waits = input.backingOff.some((one) => one.container === container.name) || input.memory.waiting.has(container.name);
    if (waits && !input.ending) return { state: waiting(input, container), lastState: earlier(last) };
    return { state: earlier(last), lastState: runBefore(last, before, known, input) };
  }
  if (known?.containerID !== undefined && !last) {
    const old = known.state?.terminated ? { terminated: known.state.terminated } : lost(known);
    return input.ending ? { state: old, lastState: known.lastState ?? {} } : { state: waiting(input, container), lastState: old };
  }
  return { state: waiting(input, container), lastState: earlier(before) };
}

export function containerStatus(container: Container, init: boolean, input: ContainerStatusInput): ContainerStatus {
  const runs = input.runtime.containers.filter((one) => one.name === container.name);
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = input.pod.status ?? {};
  // No two containers of a pod have one name.
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const known = all.find((one) => one.name === container.name);
  const { state, lastState } = states(container, runs, known, input);
  const [last] = runs;
  const running = isRunningState(last);
  const sidecar = init && container.restartPolicy === "Always";
  const started =
    running && input.memory.started.get(last!.id) !== false && (container.startupProbe === undefined || input.memory.started.has(last!.id));
  const probed = last === undefined ? undefined : input.memory.ready.get(last.id);
  const readyRunning = started && (container.readinessProbe === undefined ? probed !== false : probed === true);
  const ready = init && !sidecar ? state.terminated?.exitCode === 0 : readyRunning;
  const containerID = last && last.state !== "CONTAINER_CREATED" ? `${input.runtimeName}://${last.id}` : known?.containerID;
  return {
    name: container.name,
    state,
    lastState,
    ready,
    restartCount: Math.max(last?.attempt ?? 0, known?.restartCount ?? 0),
    image: last?.image || container.image || "",
    imageID: last?.imageRef ?? known?.imageID ?? "",
    ...(containerID === undefined ? {} : { containerID }),
    started,
    ...(last ? granted(container) : {}),
    ...mounted(container),
  };
}

/** What it may use. The runtimes spoken to here tell of no other values than those they were given. */
function granted({ resources = {} }: Container): Pick<ContainerStatus, "resources" | "allocatedResources"> {
  return { resources, ...(resources.requests ? { allocatedResources: resources.requests } : {}) };
}

/** No mount is read-only all the way down: whoever asks for that is refused before. */
function mounted({ volumeMounts = [] }: Container): Pick<ContainerStatus, "volumeMounts"> {
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: "Disabled" } : {}),
    })),
  };
}

/** Nobody waits for it and nobody asks whether it is ready. */
export function ephemeralStatus(container: EphemeralContainer, input: ContainerStatusInput): ContainerStatus {
  const { started: _, ...status } = containerStatus(container as Container, false, input);
  return { ...status, ready: false };
}
