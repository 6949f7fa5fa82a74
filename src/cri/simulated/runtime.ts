// A container runtime in memory: the same interface, answers and event order as a real one, with no process behind it.
// Invariant: all time passes on the given clock; a state change is visible before its event is delivered.
// Called by: the kubelet of a simulated node, and tests. Next on the way: state.ts, what there is and how it lives.

import { createHash } from "node:crypto";
import { delay } from "#lib";
import type { CallOptions, Cri, CriEventHandlers } from "../contract.ts";
import { CriError } from "../errors.ts";
import type { Container, ContainerConfig, ContainerStatus, Image, PodSandboxConfig, PodSandboxStatus } from "../messages.ts";
import { type CallRecorder, recordCall } from "../spans.ts";
import { behaviourOf } from "./behaviour.ts";
import { endpoint, nanos, type SimulatedJournal, SimulatedState } from "./state.ts";
import { attachStreams, execStreams, simulatedPorts } from "./streams.ts";

export interface SimulatedSettings extends CallRecorder {
  /** Addresses are counted up in this /24: "10.244.3" gives 10.244.3.2, … */
  readonly addressPrefix: string;
  /** Resolves when it is a call's turn. A real runtime answers over a socket, in its own time; a thousand simulated ones share an event loop. Absent: at once. */
  readonly turn?: () => Promise<void>;
  readonly latencyMs?: { readonly sandbox?: number; readonly create?: number; readonly start?: number; readonly pull?: number };
  /** Appends a finished line in CRI's log format to a container's log. Absent: logs are dropped. */
  readonly writeLog?: (path: string, line: string) => void;
  /** Images that cannot be pulled. Default: those whose name holds "no-such" or "missing". */
  readonly missingImage?: (image: string) => boolean;
  /** Where the state outlives the process. Absent: it does not. */
  readonly journal?: SimulatedJournal;
}

type Labels = Readonly<Record<string, string>>;
type Act = <Result>(
  name: string,
  subject: string,
  options: CallOptions | undefined,
  latencyMs: number | undefined,
  work: () => Result,
) => Promise<Result>;
type SandboxCalls = Pick<Cri, "runPodSandbox" | "stopPodSandbox" | "removePodSandbox" | "podSandboxStatus" | "listPodSandbox">;
type ImageCalls = Pick<Cri, "listImages" | "imageStatus" | "pullImage" | "removeImage" | "imageFsInfo">;
type ContainerCalls = Omit<
  Cri,
  keyof SandboxCalls | keyof ImageCalls | "endpoint" | "version" | "status" | "updateRuntimeConfig" | "events" | "close"
>;

const fail = (call: string, code: string, detail: string): never => {
  throw new CriError(call, endpoint, code, detail);
};
function matches(labels: Labels, wanted: Labels | undefined): boolean {
  for (const key in wanted) if (!Object.hasOwn(labels, key) || labels[key] !== wanted[key]) return false;
  return true;
}

export function simulatedCri(settings: SimulatedSettings): Cri {
  const { clock } = settings;
  const listeners = new Set<CriEventHandlers>();
  const state = new SimulatedState({
    clock,
    ...(settings.journal ? { journal: settings.journal } : {}),
    ...(settings.writeLog ? { writeLog: settings.writeLog } : {}),
    emit(event) {
      for (const listener of listeners) listener.event(event);
    },
  });
  const emit = (kind: "created" | "started" | "deleted", containerId: string): void => {
    for (const listener of listeners) listener.event({ kind, containerId });
  };
  const act: Act = (name, subject, options, latencyMs, work) =>
    recordCall(settings, name, subject, options, async () => {
      if (settings.turn) await settings.turn();
      if (latencyMs) await delay(clock, latencyMs, options?.signal);
      return work();
    });
  return {
    endpoint,
    version: () => Promise.resolve({ runtimeName: "simulated", runtimeVersion: "0.1.0", runtimeApiVersion: "v1" }),
    status: () => Promise.resolve(["RuntimeReady", "NetworkReady"].map((type) => ({ type, status: true, reason: "", message: "" }))),
    updateRuntimeConfig: () => Promise.resolve(),
    ...sandboxCalls(settings, state, act, emit),
    ...containerCalls(settings, state, act, emit),
    ...imageCalls(settings, state, act),
    events(handlers) {
      listeners.add(handlers);
      handlers.event({ kind: "resync" });
      return { close: () => void listeners.delete(handlers) };
    },
    close: () => listeners.clear(),
  };
}

const newId = (settings: SimulatedSettings): string => Buffer.from(settings.prng.bytes(32)).toString("hex");
type Emit = (kind: "created" | "started" | "deleted", containerId: string) => void;

/** The lowest address that no sandbox has. */
function freeAddress(state: SimulatedState, prefix: string): string {
  const taken = new Set(state.sandboxes().map((one) => one.status.network?.ip));
  for (let host = 2; host < 255; host++) if (!taken.has(`${prefix}.${host}`)) return `${prefix}.${host}`;
  return fail("RunPodSandbox", "UNKNOWN", `no IP addresses available in range set: ${prefix}.1-${prefix}.254`);
}

function sandboxCalls(settings: SimulatedSettings, state: SimulatedState, act: Act, emit: Emit): SandboxCalls {
  return {
    runPodSandbox: (config: PodSandboxConfig, options) =>
      act("RunPodSandbox", `${config.metadata.namespace}/${config.metadata.name}`, options, settings.latencyMs?.sandbox, () => {
        const { metadata, labels, annotations, logDirectory } = config;
        const host = config.linux?.securityContext?.namespaceOptions?.network === "NODE";
        const network = host ? null : { ip: freeAddress(state, settings.addressPrefix), additionalIps: [] };
        const id = newId(settings);
        const createdAt = nanos(settings.clock.nowMs());
        const status: PodSandboxStatus = { id, metadata, labels, annotations, state: "SANDBOX_READY", createdAt, network };
        state.put(id, { kind: "sandbox", value: { status, logDirectory, hostname: config.hostname ?? "" } });
        emit("started", id);
        return id;
      }),
    async stopPodSandbox(podSandboxId, options) {
      const inside = state.containers().filter((one) => one.sandboxId === podSandboxId);
      await Promise.all(inside.map((one) => state.stop(one.status.id, 0)));
      await act("StopPodSandbox", podSandboxId, options, undefined, () => {
        const sandbox = state.sandbox(podSandboxId);
        if (!sandbox) return;
        const status: PodSandboxStatus = { ...sandbox.status, state: "SANDBOX_NOTREADY", network: null };
        state.put(podSandboxId, { kind: "sandbox", value: { ...sandbox, status } });
      });
    },
    removePodSandbox: (podSandboxId, options) =>
      act("RemovePodSandbox", podSandboxId, options, undefined, () => {
        for (const { sandboxId, status } of state.containers()) if (sandboxId === podSandboxId) state.forget(status.id);
        if (state.forget(podSandboxId)) emit("deleted", podSandboxId);
      }),
    podSandboxStatus: (podSandboxId, options) =>
      act("PodSandboxStatus", podSandboxId, options, undefined, () => state.sandbox(podSandboxId)?.status),
    listPodSandbox: (labels, options) =>
      act("ListPodSandbox", "", options, undefined, () =>
        state
          .sandboxes()
          .map((one) => one.status)
          .filter((one) => matches(one.labels, labels)),
      ),
  };
}

function containerCalls(settings: SimulatedSettings, state: SimulatedState, act: Act, emit: Emit): ContainerCalls {
  /** The kubelet may name an image by its id; people want to read its name. */
  const byName = (reference: string): string => state.images().find((one) => one.id === reference)?.repoTags[0] ?? reference;
  return {
    createContainer: (podSandboxId, config: ContainerConfig, _sandboxConfig, options) =>
      act("CreateContainer", config.metadata.name, options, settings.latencyMs?.create, () => {
        const sandbox = state.sandbox(podSandboxId) ?? fail("CreateContainer", "NOT_FOUND", `sandbox "${podSandboxId}" not found`);
        const id = newId(settings);
        const env = config.envs.map(({ key, value }) => `${key}=${value}`);
        const status: ContainerStatus = {
          id,
          metadata: config.metadata,
          state: "CONTAINER_CREATED",
          createdAt: nanos(settings.clock.nowMs()),
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
        const argv = [...config.command, ...config.args];
        const limit = config.linux?.resources?.memoryLimitInBytes ?? 0;
        const limited = limit > 0 ? { memoryLimitBytes: limit } : {};
        state.put(id, { kind: "container", value: { status, sandboxId: podSandboxId, argv, env, ...limited } });
        emit("created", id);
        return id;
      }),
    startContainer: (id, options) => act("StartContainer", id, options, settings.latencyMs?.start, () => state.start(id)),
    stopContainer: (id, timeoutSeconds, options) =>
      recordCall(settings, "StopContainer", id, options, () => state.stop(id, timeoutSeconds)),
    removeContainer: (id, options) =>
      act("RemoveContainer", id, options, undefined, () => {
        state.exit(id, 137);
        if (state.forget(id)) emit("deleted", id);
      }),
    containerStatus: (id, options) => act("ContainerStatus", id, options, undefined, () => state.container(id)?.status),
    listContainers: (labels, options) =>
      act("ListContainers", "", options, undefined, () => {
        const all: Container[] = [];
        for (const { status, sandboxId } of state.containers())
          if (matches(status.labels, labels)) all.push({ ...status, podSandboxId: sandboxId });
        return all;
      }),
    reopenContainerLog: () => Promise.resolve(),
    execSync: (id, command, timeoutSeconds, options) => {
      const behaviour = behaviourOf(command);
      const boundMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 : Number.POSITIVE_INFINITY;
      // What runs for ever in a container answers at once in a probe: only `sleep` takes its time.
      const tookMs = behaviour.exit?.afterMs ?? 0;
      return act("ExecSync", id, options, Math.min(tookMs, boundMs), () => {
        if (tookMs > boundMs) fail("ExecSync", "DEADLINE_EXCEEDED", `failed to exec in container: timeout ${timeoutSeconds}s exceeded`);
        const stdout = Buffer.from(behaviour.lines.map((step) => `${step.line}\n`).join(""));
        return { stdout, stderr: Buffer.alloc(0), exitCode: behaviour.exit?.exitCode ?? 0 };
      });
    },
    exec: (id, command, wanted, options) =>
      act("Exec", id, options, undefined, () => execStreams(settings.clock, state, id, command, wanted)),
    attach: (id, wanted, options) => act("Attach", id, options, undefined, () => attachStreams(settings.clock, state, id, wanted)),
    portForward: (podSandboxId, _ports, options) =>
      act("PortForward", podSandboxId, options, undefined, () => simulatedPorts(state, podSandboxId)),
  };
}

function imageCalls(settings: SimulatedSettings, state: SimulatedState, act: Act): ImageCalls {
  const missing = settings.missingImage ?? ((reference: string) => /no-such|missing/.test(reference));
  const find = (reference: string): Image | undefined =>
    state.images().find((one) => one.id === reference || one.repoTags.includes(reference));
  return {
    listImages: () => Promise.resolve(state.images()),
    imageStatus: (reference) => Promise.resolve(find(reference)),
    pullImage: (reference, _sandboxConfig, options) =>
      act("PullImage", reference, options, settings.latencyMs?.pull, () => {
        if (missing(reference)) fail("PullImage", "NOT_FOUND", `failed to pull and unpack image "${reference}": not found`);
        const id = `sha256:${createHash("sha256").update(reference).digest("hex")}`;
        const image: Image = { id, repoTags: [reference], repoDigests: [], size: 1_000_000, uid: null, username: "" };
        state.put(id, { kind: "image", value: image });
        return id;
      }),
    removeImage(reference) {
      const image = find(reference);
      if (image) state.forget(image.id);
      return Promise.resolve();
    },
    imageFsInfo: () => Promise.resolve([]),
  };
}
