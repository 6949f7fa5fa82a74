// The door of cri/: the container runtime as an interface, its gRPC and simulated forms, and containerd of dhow's own.
// Invariant: grpc-js and protobufjs are loaded only by `connectCri`, so that a simulated node costs neither.

import type { Clock } from "#lib";
import type { Cri } from "./contract.ts";
import type { CallRecorder } from "./spans.ts";

export { type ContainerdPaths, type ContainerdSettings, containerdConfig, containerdPaths } from "./containerd/config.ts";
export { discardInput, type EndedExec } from "./containerd/input.ts";
export {
  type FoundProcess,
  findContainerd,
  findShims,
  type Kernel,
  type PreparedContainerd,
  type PrepareOptions,
  prepareContainerd,
} from "./containerd/instance.ts";
export { answered, imageVisible, pathExists, runtimeReady, type WaitOptions } from "./containerd/ready.ts";
export { type ClearOptions, clearLeftovers, type Leftovers, removeCgroupWhenEmpty, stopSandboxes } from "./containerd/shutdown.ts";
export { type EndStraysOptions, endStrays, type StrayKernel } from "./containerd/strays.ts";
export type {
  CallOptions,
  Cri,
  CriEvent,
  CriEventHandlers,
  ExecSyncResult,
  ForwardedPort,
  PortForwarding,
  ProcessStreams,
  StreamsWanted,
  Subscription,
} from "./contract.ts";
export { describeRuntime, type RuntimeDescription } from "./describe.ts";
export { CriError, rpcDetail, rpcText } from "./errors.ts";
export type * from "./messages.ts";
export { type SimulatedSettings, simulatedCri } from "./simulated/runtime.ts";
export { fileJournal } from "./simulated/journal.ts";
export type { SimulatedJournal } from "./simulated/state.ts";
export type { CallRecorder } from "./spans.ts";

/** A runtime behind a unix socket. */
export async function connectCri(socketPath: string, recorder: CallRecorder): Promise<Cri> {
  const { grpcCri } = await import("./grpc/client.ts");
  return grpcCri(socketPath, recorder);
}

/** The ids in the own book of the containerd behind this socket. */
export async function containerdContainers(socketPath: string, clock: Clock): Promise<ReadonlySet<string>> {
  const { listContainers } = await import("./grpc/containers.ts");
  return listContainers(socketPath, clock);
}
