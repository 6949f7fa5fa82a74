// The container runtime as the node agent sees it: the calls of CRI v1 that dhow uses, with its field names in lower camel case.
// Invariant: the kubelet knows only this; containerd, any other CRI runtime and the simulated one are indistinguishable to it.
// Implemented by: grpc/client.ts (a socket) and simulated/runtime.ts (memory). Next on the way: messages.ts.

import type { Duplex, Readable, Writable } from "node:stream";
import type { SpanContext } from "#lib";
import type {
  Container,
  ContainerConfig,
  ContainerStatus,
  FilesystemUsage,
  Image,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStatus,
  RuntimeCondition,
  RuntimeVersion,
} from "./messages.ts";

/** What a call belongs to; the span it leaves becomes a child of `trace`. */
export interface CallOptions {
  readonly trace?: SpanContext | undefined;
  readonly signal?: AbortSignal;
}

/** Something happened to a container or a sandbox. `resync` says: events may have been lost, look at everything once. */
export type CriEvent =
  | { readonly kind: "created" | "started" | "deleted" | "oom"; readonly containerId: string }
  | { readonly kind: "stopped"; readonly containerId: string; readonly exitCode: number }
  /** A process beside the container's own; told by containerd's own event service alone. */
  | { readonly kind: "execStopped"; readonly containerId: string; readonly execId: string }
  | { readonly kind: "resync" };

export interface CriEventHandlers {
  event(event: CriEvent): void;
}

export interface Subscription {
  close(): void;
}

export interface ExecSyncResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

/** Which streams a caller wants; a terminal has no standard error of its own. */
export interface StreamsWanted {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The streams of a process, as bytes; what ends where says what happened. */
export interface ProcessStreams {
  /** Ending it is end of file for the process. */
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  /** `{"Width":80,"Height":24}` per change of the terminal. */
  readonly resize?: Writable;
  /** One Status as JSON, then the end: how it went, with the exit code. */
  readonly error: Readable;
  /** Resolves when the runtime has let go of it. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface ForwardedPort {
  readonly data: Duplex;
  /** Text, if the port could not be reached; it ends when forwarding has. */
  readonly error: Readable;
}

export interface PortForwarding {
  connect(port: number): Promise<ForwardedPort>;
  readonly closed: Promise<void>;
  close(): void;
}

export interface Cri {
  /** Where the calls go, for error texts and for the user. */
  readonly endpoint: string;
  version(options?: CallOptions): Promise<RuntimeVersion>;
  status(options?: CallOptions): Promise<readonly RuntimeCondition[]>;
  updateRuntimeConfig(podCidr: string, options?: CallOptions): Promise<void>;

  runPodSandbox(config: PodSandboxConfig, options?: CallOptions): Promise<string>;
  stopPodSandbox(podSandboxId: string, options?: CallOptions): Promise<void>;
  removePodSandbox(podSandboxId: string, options?: CallOptions): Promise<void>;
  /** undefined: the runtime does not know the sandbox. */
  podSandboxStatus(podSandboxId: string, options?: CallOptions): Promise<PodSandboxStatus | undefined>;
  listPodSandbox(labels?: Readonly<Record<string, string>>, options?: CallOptions): Promise<readonly PodSandbox[]>;

  createContainer(podSandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig, options?: CallOptions): Promise<string>;
  startContainer(containerId: string, options?: CallOptions): Promise<void>;
  /** Asks the container to end and kills it after `timeoutSeconds`; resolves when it has ended. Unknown ids succeed. */
  stopContainer(containerId: string, timeoutSeconds: number, options?: CallOptions): Promise<void>;
  removeContainer(containerId: string, options?: CallOptions): Promise<void>;
  /** undefined: the runtime does not know the container. */
  containerStatus(containerId: string, options?: CallOptions): Promise<ContainerStatus | undefined>;
  listContainers(labels?: Readonly<Record<string, string>>, options?: CallOptions): Promise<readonly Container[]>;
  reopenContainerLog(containerId: string, options?: CallOptions): Promise<void>;
  execSync(containerId: string, command: readonly string[], timeoutSeconds: number, options?: CallOptions): Promise<ExecSyncResult>;
  /** A new process in a running container. */
  exec(containerId: string, command: readonly string[], wanted: StreamsWanted, options?: CallOptions): Promise<ProcessStreams>;
  /** The container's own first process. */
  attach(containerId: string, wanted: StreamsWanted, options?: CallOptions): Promise<ProcessStreams>;
  /** Connections to ports inside the sandbox. */
  portForward(podSandboxId: string, ports: readonly number[], options?: CallOptions): Promise<PortForwarding>;

  listImages(options?: CallOptions): Promise<readonly Image[]>;
  /** undefined: the image is not present. */
  imageStatus(image: string, options?: CallOptions): Promise<Image | undefined>;
  /** Returns the reference under which containers are to name the image. */
  pullImage(image: string, sandboxConfig: PodSandboxConfig | undefined, options?: CallOptions): Promise<string>;
  removeImage(image: string, options?: CallOptions): Promise<void>;
  imageFsInfo(options?: CallOptions): Promise<readonly FilesystemUsage[]>;

  /** Events from now on, over any number of lost connections; each new connection starts with `resync`. */
  events(handlers: CriEventHandlers): Subscription;
  close(): void;
}
