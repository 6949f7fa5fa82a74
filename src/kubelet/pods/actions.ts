// Carries one planned action out: a sandbox or container made or ended, with its events and its back-offs.
// Invariant: every action may be repeated; a failure leaves a waiting reason and a time to try again, never a throw for its own sake.
// Called by: worker.ts. Next on the way: the runtime.

import { mkdirSync } from "node:fs";
import type { Container, Pod, Service } from "#api";
import { type CallOptions, rpcDetail, rpcText } from "#cri";
import { containerConfig, podHostname, sandboxConfig } from "../containers/config.ts";
import { runHook } from "../containers/hooks.ts";
import { environment, serviceVariables } from "../containers/env.ts";
import { containerMounts } from "../containers/mounts.ts";
import type { NodeContext } from "../settings.ts";
import { VolumeError } from "../volumes/contract.ts";
import { ensureImage, StartFailure } from "./images.ts";
import { backoffLimits, nextBackoff, type PodMemory } from "./memory.ts";
import type { PodAction } from "./plan.ts";
import { hasEnded, type RuntimePod } from "./runtime.ts";

export interface ActionContext {
  readonly node: NodeContext;
  /** undefined for an orphan: then only stopping and removing is planned. */
  readonly pod: Pod | undefined;
  readonly runtime: RuntimePod;
  readonly memory: PodMemory;
  readonly options: CallOptions;
  /** A sandbox or container has been made: from here on its events are this pod's. Told before it can end. */
  made(id: string): void;
  event(type: "Normal" | "Warning", reason: string, message: string, container?: { readonly name: string; readonly init: boolean }): void;
}

/** A sandbox or container half made is worse than one made in vain: these calls are not cut short when the pod's deletion arrives. */
const steady = (options: CallOptions): CallOptions => ({ trace: options.trace });

export async function carryOut(action: PodAction, context: ActionContext): Promise<void> {
  const { cri } = context.node;
  switch (action.do) {
    case "createSandbox":
      return createSandbox(action.attempt, context);
    case "stopSandbox":
      return cri.stopPodSandbox(action.id, context.options);
    case "removeSandbox":
      return cri.removePodSandbox(action.id, context.options);
    case "startContainer":
      return startContainer(action, context);
    case "stopContainer":
      return stopContainer(action, context);
    case "removeContainer":
      return cri.removeContainer(action.id, context.options);
  }
}

/** At least this much of the grace is left for SIGTERM, however long the hook took. */
const leastGraceSeconds = 2;

async function stopContainer(action: Extract<PodAction, { do: "stopContainer" }>, context: ActionContext): Promise<void> {
  const { container: run, graceSeconds, why } = action;
  const { cri, clock, settings } = context.node;
  const about = { name: run.name, init: isInit(context.pod, run.name) };
  if (why !== "") context.event("Normal", "Killing", why, about);
  const container = context.pod?.spec?.containers.find((one) => one.name === run.name);
  const hook = container?.lifecycle?.preStop;
  let leftSeconds = graceSeconds;
  if (container && hook && graceSeconds > 0) {
    const startMs = clock.monotonicMs();
    const ip = context.pod?.spec?.hostNetwork ? settings.addresses[0] : context.runtime.sandboxes[0]?.ips[0];
    const target = { cri, clock, container, containerId: run.id, ip: ip ?? "", timeoutMs: graceSeconds * 1000 };
    if ((await runHook(hook, target)) !== undefined) context.event("Warning", "FailedPreStopHook", "PreStopHook failed", about);
    leftSeconds = Math.max(graceSeconds - Math.ceil((clock.monotonicMs() - startMs) / 1000), leastGraceSeconds);
  }
  await cri.stopContainer(run.id, leftSeconds, context.options);
}

export function isInit(pod: Pod | undefined, name: string): boolean {
  return pod?.spec?.initContainers?.some((one) => one.name === name) ?? false;
}

async function createSandbox(attempt: number, context: ActionContext): Promise<void> {
  const { node, memory } = context;
  const pod = context.pod!;
  if (context.runtime.sandboxes.length > 0)
    context.event("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
  try {
    // Volumes come first: a pod that lacks one must not take an address.
    await node.volumes.setUp(pod, context.options.signal);
    context.made(await node.cri.runPodSandbox(sandboxConfig(pod, attempt, node.settings), steady(context.options)));
    memory.sandboxRetry = undefined;
  } catch (error) {
    if (context.options.signal?.aborted) throw error;
    const delayMs = Math.min((memory.sandboxRetry?.delayMs ?? 500) * 2, backoffLimits.mostMs);
    memory.sandboxRetry = { delayMs, untilMs: node.clock.nowMs() + delayMs };
    if (error instanceof VolumeError) context.event("Warning", "FailedMount", error.message);
    else context.event("Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${rpcText(error)}`);
  }
}

async function services(node: NodeContext): Promise<ReadonlyMap<string, string>> {
  try {
    const { spec } = await node.client.resource<Service>("services").get("default", "kubernetes");
    if (spec?.clusterIP) return serviceVariables("kubernetes", spec.clusterIP, spec.ports?.[0]?.port ?? 443);
  } catch (error) {
    node.log.debug("no Service kubernetes to tell containers about", { error });
  }
  return new Map();
}

async function startContainer(action: Extract<PodAction, { do: "startContainer" }>, context: ActionContext): Promise<void> {
  const { container, after } = action;
  const { memory, node } = context;
  if (after && hasEnded(after)) {
    // Only a run that ended counts towards the back-off; a container that was created and never started does not.
    memory.restarts.set(container.name, nextBackoff(memory.restarts.get(container.name), after.finishedAtMs));
    memory.unhealthy.delete(container.name);
  }
  // Created by an agent that died before it could start it: nothing ran in it, so it is made again.
  if (after?.state === "CONTAINER_CREATED") await node.cri.removeContainer(after.id, context.options);
  try {
    await createAndStart(container, action.attempt, context);
    memory.waiting.delete(container.name);
    memory.retryAtMs.delete(container.name);
  } catch (error) {
    if (context.options.signal?.aborted) throw error;
    const failure = error instanceof StartFailure ? error : undefined;
    const retryAtMs = failure?.retryAtMs ?? node.clock.nowMs() + backoffLimits.firstMs;
    memory.waiting.set(container.name, failure?.waiting ?? { reason: "CreateContainerError", message: rpcDetail(error) });
    memory.retryAtMs.set(container.name, retryAtMs);
    const about = { name: container.name, init: isInit(context.pod, container.name) };
    const text = failure?.waiting.reason.includes("Image") ? failure.waiting.reason : (failure?.waiting.message ?? rpcDetail(error));
    context.event("Warning", "Failed", `Error: ${text}`, about);
  }
}

async function createAndStart(container: Container, attempt: number, context: ActionContext): Promise<void> {
  const { node, memory, options, runtime } = context;
  const pod = context.pod!;
  const about = { name: container.name, init: isInit(pod, container.name) };
  const event = (type: "Normal" | "Warning", reason: string, message: string): void => context.event(type, reason, message, about);
  const sandbox = runtime.sandboxes[0]!;
  const sandboxSettings = sandboxConfig(pod, sandbox.attempt, node.settings);
  const imageRef = await ensureImage(node, { pod, container, sandbox: sandboxSettings, memory, options, event });
  const config = await configured(container, attempt, imageRef, context);
  const containerId = await node.cri.createContainer(sandbox.id, config, sandboxSettings, steady(options));
  context.made(containerId);
  event("Normal", "Created", "Container created");
  try {
    await node.cri.startContainer(containerId, steady(options));
  } catch (error) {
    throw new StartFailure("RunContainerError", rpcDetail(error), node.clock.nowMs() + backoffLimits.firstMs);
  }
  event("Normal", "Started", "Container started");
  const hook = container.lifecycle?.postStart;
  if (!hook) return;
  const ip = pod.spec?.hostNetwork ? node.settings.addresses[0] : sandbox.ips[0];
  const target = { cri: node.cri, clock: node.clock, container, containerId, ip: ip ?? "", timeoutMs: postStartMs };
  if ((await runHook(hook, target)) === undefined) return;
  event("Warning", "FailedPostStartHook", "PostStartHook failed");
  memory.unhealthy.set(container.name, "FailedPostStartHook");
}

/** A hook without an end of its own must not hold the pod for ever. */
const postStartMs = 120_000;

/** Everything that may be wrong with the pod's own wishes, before the runtime is asked: CreateContainerConfigError. */
async function configured(container: Container, attempt: number, imageRef: string, context: ActionContext) {
  const { node, runtime } = context;
  const pod = context.pod!;
  const uid = pod.metadata.uid ?? "";
  try {
    const volumes = await node.volumes.setUp(pod, context.options.signal);
    const ips = runtime.sandboxes[0]?.ips ?? [];
    const live = { podIps: pod.spec?.hostNetwork ? node.settings.addresses : ips, hostIps: node.settings.addresses };
    const { client, settings } = node;
    const variables = await environment({ pod, container, client, machine: settings.machine, live, services: await services(node) });
    const hostsFile = node.volumes.hostsFile(pod, live.podIps[0] ?? "", podHostname(pod));
    const terminationLog = node.volumes.terminationLog(uid, container.name, attempt);
    const { mounts, folders } = containerMounts({ pod, container, volumes, environment: variables, hostsFile, terminationLog });
    for (const folder of hostsFile === undefined ? [] : folders) mkdirSync(folder, { recursive: true });
    return containerConfig({ pod, container, attempt, imageRef, environment: variables, mounts, settings });
  } catch (error) {
    if (context.options.signal?.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new StartFailure("CreateContainerConfigError", message, node.clock.nowMs() + backoffLimits.firstMs);
  }
}
