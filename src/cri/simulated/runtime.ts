// A container runtime in memory: the same interface, answers and event order as a real one, with no process behind it.
// Invariant: all time passes on the given clock; a state change is visible before its event is delivered.
// Called by: the kubelet of a simulated node, and tests. Next on the way: behaviour.ts says what a container does.

import { delay, type Timer } from "#lib";
import type { CallOptions, Cri, CriEvent, CriEventHandlers } from "../contract.ts";
import { CriError } from "../errors.ts";
import type { Container, ContainerConfig, ContainerStatus, Image, PodSandboxConfig, PodSandboxStatus } from "../messages.ts";
import { type CallRecorder, recordCall } from "../spans.ts";
import { behaviourOf } from "./behaviour.ts";

export interface SimulatedSettings extends CallRecorder {
  /** Addresses are counted up in this /24: "10.244.3" gives 10.244.3.2, … */
  readonly addressPrefix: string;
  readonly latencyMs?: { readonly sandbox?: number; readonly create?: number; readonly start?: number; readonly pull?: number };
  /** Appends a finished line in CRI's log format to a container's log. Absent: logs are dropped. */
  readonly writeLog?: (path: string, line: string) => void;
  /** Images that cannot be pulled. Default: those whose name holds "no-such" or "missing". */
  readonly missingImage?: (image: string) => boolean;
}

interface RunningContainer {
  status: ContainerStatus;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  readonly logFile: string;
  readonly timers: Timer[];
  readonly stopped: (() => void)[];
}

const endpoint = "simulated://";
const nanos = (ms: number): number => ms * 1_000_000;

export function simulatedCri(settings: SimulatedSettings): Cri {
  const { clock, prng } = settings;
  const sandboxes = new Map<string, PodSandboxStatus & { logDirectory: string }>();
  const containers = new Map<string, RunningContainer>();
  const images = new Map<string, Image>();
  const listeners = new Set<CriEventHandlers>();
  let nextAddress = 2;

  const id = (): string => Buffer.from(prng.bytes(32)).toString("hex");
  const emit = (event: CriEvent): void => {
    for (const listener of listeners) listener.event(event);
  };
  const act = <Result>(
    name: string,
    subject: string,
    options: CallOptions | undefined,
    latencyMs: number | undefined,
    work: () => Result,
  ) =>
    recordCall(settings, name, subject, options, async () => {
      if (latencyMs) await delay(clock, latencyMs, options?.signal);
      return work();
    });
  const fail = (call: string, code: string, detail: string): never => {
    throw new CriError(call, endpoint, code, detail);
  };
  const matches = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>> | undefined): boolean =>
    Object.entries(wanted ?? {}).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);

  const exit = (container: RunningContainer, exitCode: number): void => {
    if (container.status.state !== "CONTAINER_RUNNING") return;
    for (const timer of container.timers) timer.cancel();
    const reason = exitCode === 0 ? "Completed" : "Error";
    container.status = { ...container.status, state: "CONTAINER_EXITED", exitCode, reason, finishedAt: nanos(clock.nowMs()) };
    for (const stopped of container.stopped.splice(0)) stopped();
    emit({ kind: "stopped", containerId: container.status.id, exitCode });
  };

  const start = (container: RunningContainer): void => {
    if (container.status.state !== "CONTAINER_CREATED") fail("StartContainer", "FAILED_PRECONDITION", "container is not in created state");
    container.status = { ...container.status, state: "CONTAINER_RUNNING", startedAt: nanos(clock.nowMs()) };
    const behaviour = behaviourOf([...container.config.command, ...container.config.args]);
    const print = (line: string): void =>
      settings.writeLog?.(container.logFile, `${new Date(clock.nowMs()).toISOString()} stdout F ${line}\n`);
    emit({ kind: "started", containerId: container.status.id });
    for (const { afterMs, line } of behaviour.lines) container.timers.push(clock.after(afterMs, () => print(line)));
    const { exit: end } = behaviour;
    if (end) container.timers.push(clock.after(end.afterMs, () => exit(container, end.exitCode)));
  };

  const stop = (container: RunningContainer, timeoutSeconds: number): Promise<void> => {
    if (container.status.state !== "CONTAINER_RUNNING") return Promise.resolve();
    const stopped = new Promise<void>((resolve) => container.stopped.push(resolve));
    if (!behaviourOf([...container.config.command, ...container.config.args]).ignoresTerm) exit(container, 143);
    else if (timeoutSeconds <= 0) exit(container, 137);
    else container.timers.push(clock.after(timeoutSeconds * 1000, () => exit(container, 137)));
    return stopped;
  };

  const image = (reference: string): Image => {
    const digest = Buffer.from(reference).toString("hex").padEnd(64, "0").slice(0, 64);
    return { id: `sha256:${digest}`, repoTags: [reference], repoDigests: [], size: 1_000_000, uid: null, username: "" };
  };
  /** The kubelet may name an image by its id; people want to read its name. */
  const byName = (reference: string): string => [...images.values()].find((one) => one.id === reference)?.repoTags[0] ?? reference;
  const missing = settings.missingImage ?? ((reference: string) => /no-such|missing/.test(reference));

  return {
    endpoint,
    version: () => Promise.resolve({ runtimeName: "simulated", runtimeVersion: "0.1.0", runtimeApiVersion: "v1" }),
    status: () => Promise.resolve(["RuntimeReady", "NetworkReady"].map((type) => ({ type, status: true, reason: "", message: "" }))),
    updateRuntimeConfig: () => Promise.resolve(),

    runPodSandbox: (config: PodSandboxConfig, options) =>
      act("RunPodSandbox", `${config.metadata.namespace}/${config.metadata.name}`, options, settings.latencyMs?.sandbox, () => {
        const { metadata, labels, annotations, logDirectory } = config;
        const host = config.linux?.securityContext?.namespaceOptions?.network === "NODE";
        const network = host ? null : { ip: `${settings.addressPrefix}.${nextAddress++}`, additionalIps: [] };
        const sandboxId = id();
        const createdAt = nanos(clock.nowMs());
        sandboxes.set(sandboxId, {
          id: sandboxId,
          metadata,
          labels,
          annotations,
          logDirectory,
          state: "SANDBOX_READY",
          createdAt,
          network,
        });
        emit({ kind: "started", containerId: sandboxId });
        return sandboxId;
      }),
    stopPodSandbox: async (podSandboxId, options) => {
      const inside = [...containers.values()].filter((one) => one.sandboxId === podSandboxId);
      await Promise.all(inside.map((one) => stop(one, 0)));
      await act("StopPodSandbox", podSandboxId, options, undefined, () => {
        const sandbox = sandboxes.get(podSandboxId);
        if (!sandbox || sandbox.state === "SANDBOX_NOTREADY") return;
        sandboxes.set(podSandboxId, { ...sandbox, state: "SANDBOX_NOTREADY" });
        emit({ kind: "stopped", containerId: podSandboxId, exitCode: 0 });
      });
    },
    removePodSandbox: (podSandboxId, options) =>
      act("RemovePodSandbox", podSandboxId, options, undefined, () => {
        for (const [containerId, one] of containers) if (one.sandboxId === podSandboxId) containers.delete(containerId);
        if (sandboxes.delete(podSandboxId)) emit({ kind: "deleted", containerId: podSandboxId });
      }),
    podSandboxStatus: (podSandboxId, options) =>
      act("PodSandboxStatus", podSandboxId, options, undefined, () => sandboxes.get(podSandboxId)),
    listPodSandbox: (labels, options) =>
      act("ListPodSandbox", "", options, undefined, () => [...sandboxes.values()].filter((one) => matches(one.labels, labels))),

    createContainer: (podSandboxId, config: ContainerConfig, _sandboxConfig, options) =>
      act("CreateContainer", config.metadata.name, options, settings.latencyMs?.create, () => {
        const sandbox = sandboxes.get(podSandboxId) ?? fail("CreateContainer", "NOT_FOUND", `sandbox "${podSandboxId}" not found`);
        const containerId = id();
        const status: ContainerStatus = {
          id: containerId,
          metadata: config.metadata,
          state: "CONTAINER_CREATED",
          createdAt: nanos(clock.nowMs()),
          startedAt: 0,
          finishedAt: 0,
          exitCode: 0,
          image: { image: byName(config.image.image) },
          imageRef: config.image.image,
          reason: "",
          message: "",
          labels: config.labels,
          annotations: config.annotations,
          logPath: `${sandbox.logDirectory}/${config.logPath}`,
        };
        const logFile = status.logPath;
        containers.set(containerId, { status, sandboxId: podSandboxId, config, logFile, timers: [], stopped: [] });
        emit({ kind: "created", containerId });
        return containerId;
      }),
    startContainer: (containerId, options) =>
      act("StartContainer", containerId, options, settings.latencyMs?.start, () =>
        start(containers.get(containerId) ?? fail("StartContainer", "NOT_FOUND", `container "${containerId}" not found`)),
      ),
    stopContainer: (containerId, timeoutSeconds, options) =>
      recordCall(settings, "StopContainer", containerId, options, async () => {
        const container = containers.get(containerId);
        if (container) await stop(container, timeoutSeconds);
      }),
    removeContainer: (containerId, options) =>
      act("RemoveContainer", containerId, options, undefined, () => {
        const container = containers.get(containerId);
        if (container) exit(container, 137);
        if (containers.delete(containerId)) emit({ kind: "deleted", containerId });
      }),
    containerStatus: (containerId, options) =>
      act("ContainerStatus", containerId, options, undefined, () => containers.get(containerId)?.status),
    listContainers: (labels, options) =>
      act("ListContainers", "", options, undefined, () => {
        const all: Container[] = [];
        for (const { status, sandboxId } of containers.values())
          if (matches(status.labels, labels)) all.push({ ...status, podSandboxId: sandboxId });
        return all;
      }),
    reopenContainerLog: () => Promise.resolve(),
    execSync: (containerId, command, _timeoutSeconds, options) =>
      act("ExecSync", containerId, options, undefined, () => {
        const behaviour = behaviourOf(command);
        const stdout = Buffer.from(behaviour.lines.map((step) => `${step.line}\n`).join(""));
        return { stdout, stderr: Buffer.alloc(0), exitCode: behaviour.exit?.exitCode ?? 0 };
      }),

    listImages: () => Promise.resolve([...images.values()]),
    imageStatus: (reference) => Promise.resolve(images.get(reference)),
    pullImage: (reference, _sandboxConfig, options) =>
      act("PullImage", reference, options, settings.latencyMs?.pull, () => {
        if (missing(reference)) fail("PullImage", "NOT_FOUND", `failed to pull and unpack image "${reference}": not found`);
        images.set(reference, image(reference));
        return images.get(reference)!.id;
      }),
    removeImage: (reference) => Promise.resolve(void images.delete(reference)),
    imageFsInfo: () => Promise.resolve([]),

    events(handlers) {
      listeners.add(handlers);
      handlers.event({ kind: "resync" });
      return { close: () => void listeners.delete(handlers) };
    },
    close: () => listeners.clear(),
  };
}
