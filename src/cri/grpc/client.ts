// CRI v1 over gRPC: the contract's calls, each one line from its message to its answer.
// Invariant: an unknown sandbox, container or image is `undefined`, not an error; every call has a deadline.
// Called by: the kubelet through the contract. Next on the way: channel.ts.

import type { CallOptions, Cri, CriEventHandlers, ExecSyncResult, Subscription } from "../contract.ts";
import { CriError } from "../errors.ts";
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
} from "../messages.ts";
import { type CallRecorder, recordCall } from "../spans.ts";
import { Channel, type Fields } from "./channel.ts";
import { subscribe } from "./events.ts";
import { forwardPorts, processStreams } from "./streaming.ts";

const runtime = "runtime.v1.RuntimeService";
const images = "runtime.v1.ImageService";

const ordinaryMs = 2 * 60_000;
/** Setting up a sandbox may wait for a CNI plugin; pulling waits for a network. */
const sandboxMs = 4 * 60_000;
const pullMs = 15 * 60_000;

async function orUndefined<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CriError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

export function grpcCri(socketPath: string, recorder: CallRecorder): Cri {
  const channel = new Channel(socketPath, recorder.clock);
  const subscriptions = new Set<Subscription>();
  const call = (
    service: string,
    name: string,
    fields: object,
    options: CallOptions | undefined,
    subject?: string,
    timeoutMs = ordinaryMs,
  ) => recordCall(recorder, name, subject, options, () => channel.unary(service, name, fields, { timeoutMs, signal: options?.signal }));
  const list = async (service: string, name: string, field: string, fields: object, options?: CallOptions): Promise<unknown> =>
    (await call(service, name, fields, options))[field] ?? [];
  const labelFilter = (labels: Readonly<Record<string, string>> | undefined): object =>
    labels ? { filter: { labelSelector: labels } } : {};

  return {
    endpoint: channel.endpoint,
    version: async (options) => (await call(runtime, "Version", { version: "v1" }, options)) as unknown as RuntimeVersion,
    async status(options) {
      const { status } = await call(runtime, "Status", {}, options);
      return ((status as Fields | null)?.["conditions"] ?? []) as RuntimeCondition[];
    },
    async updateRuntimeConfig(podCidr, options) {
      await call(runtime, "UpdateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr } } }, options);
    },

    async runPodSandbox(config: PodSandboxConfig, options) {
      const subject = `${config.metadata.namespace}/${config.metadata.name}`;
      return (await call(runtime, "RunPodSandbox", { config }, options, subject, sandboxMs))["podSandboxId"] as string;
    },
    async stopPodSandbox(podSandboxId, options) {
      await orUndefined(call(runtime, "StopPodSandbox", { podSandboxId }, options, podSandboxId));
    },
    async removePodSandbox(podSandboxId, options) {
      await orUndefined(call(runtime, "RemovePodSandbox", { podSandboxId }, options, podSandboxId));
    },
    async podSandboxStatus(podSandboxId, options) {
      const reply = await orUndefined(call(runtime, "PodSandboxStatus", { podSandboxId }, options, podSandboxId));
      return (reply?.["status"] ?? undefined) as PodSandboxStatus | undefined;
    },
    listPodSandbox: async (labels, options) =>
      (await list(runtime, "ListPodSandbox", "items", labelFilter(labels), options)) as PodSandbox[],

    async createContainer(podSandboxId, config: ContainerConfig, sandboxConfig, options) {
      // The value is `bytes` on the wire: an environment need not be UTF-8.
      const envs = config.envs.map(({ key, value }) => ({ key, value: Buffer.from(value) }));
      const fields = { podSandboxId, config: { ...config, envs }, sandboxConfig };
      return (await call(runtime, "CreateContainer", fields, options, config.metadata.name))["containerId"] as string;
    },
    async startContainer(containerId, options) {
      await call(runtime, "StartContainer", { containerId }, options, containerId);
    },
    async stopContainer(containerId, timeoutSeconds, options) {
      const fields = { containerId, timeout: timeoutSeconds };
      await orUndefined(call(runtime, "StopContainer", fields, options, containerId, ordinaryMs + timeoutSeconds * 1000));
    },
    async removeContainer(containerId, options) {
      await orUndefined(call(runtime, "RemoveContainer", { containerId }, options, containerId));
    },
    async containerStatus(containerId, options) {
      const reply = await orUndefined(call(runtime, "ContainerStatus", { containerId }, options, containerId));
      return (reply?.["status"] ?? undefined) as ContainerStatus | undefined;
    },
    listContainers: async (labels, options) =>
      (await list(runtime, "ListContainers", "containers", labelFilter(labels), options)) as Container[],
    async reopenContainerLog(containerId, options) {
      await call(runtime, "ReopenContainerLog", { containerId }, options, containerId);
    },
    async execSync(containerId, command, timeoutSeconds, options) {
      const fields = { containerId, cmd: command, timeout: timeoutSeconds };
      return (await call(
        runtime,
        "ExecSync",
        fields,
        options,
        containerId,
        ordinaryMs + timeoutSeconds * 1000,
      )) as unknown as ExecSyncResult;
    },
    async exec(containerId, command, wanted, options) {
      const { url } = await call(runtime, "Exec", { containerId, cmd: command, ...wanted }, options, containerId);
      return processStreams(url as string, wanted, recorder.clock, options?.signal);
    },
    async attach(containerId, wanted, options) {
      const { url } = await call(runtime, "Attach", { containerId, ...wanted }, options, containerId);
      return processStreams(url as string, wanted, recorder.clock, options?.signal);
    },
    async portForward(podSandboxId, ports, options) {
      const { url } = await call(runtime, "PortForward", { podSandboxId, port: ports }, options, podSandboxId);
      return forwardPorts(url as string, recorder.clock, options?.signal);
    },

    listImages: async (options) => (await list(images, "ListImages", "images", {}, options)) as Image[],
    async imageStatus(image, options) {
      const reply = await orUndefined(call(images, "ImageStatus", { image: { image } }, options, image));
      return (reply?.["image"] ?? undefined) as Image | undefined;
    },
    async pullImage(image, sandboxConfig, options) {
      const fields = { image: { image }, ...(sandboxConfig ? { sandboxConfig } : {}) };
      return (await call(images, "PullImage", fields, options, image, pullMs))["imageRef"] as string;
    },
    async removeImage(image, options) {
      await call(images, "RemoveImage", { image: { image } }, options, image);
    },
    imageFsInfo: async (options) => (await list(images, "ImageFsInfo", "imageFilesystems", {}, options)) as FilesystemUsage[],

    events(handlers: CriEventHandlers): Subscription {
      const subscription = subscribe(channel, recorder.clock, handlers);
      subscriptions.add(subscription);
      return subscription;
    },
    close() {
      // Their timers must not find a channel that is closed.
      for (const subscription of subscriptions) subscription.close();
      channel.close();
    },
  };
}
