// Carries one planned action out: a sandbox or container made or ended, with its events and its back-offs.
// Invariant: every action may be repeated; a failure leaves a waiting reason and a time to try again, never a throw for its own sake.
// Called by: worker.ts. Next on the way: the runtime.

import type { Container, Pod } from "#api";
import { type CallOptions, type Cri, rpcDetail, rpcText } from "#cri";
import { containerConfig, sandboxConfig } from "../containers/config.ts";
import { readResolvConf } from "../containers/dns.ts";
import { environment } from "../containers/env.ts";
import { runHook } from "../containers/hooks.ts";
import { containerMounts } from "../containers/mounts.ts";
import { verifyNonRoot } from "../containers/nonroot.ts";
import { servicesFor, serviceVariables } from "../containers/services.ts";
import type { Clock } from "#lib";
import type { NodeContext } from "../settings.ts";
import { VolumeError } from "../volumes/contract.ts";
import { ensureImage, StartFailure } from "./images.ts";
import { backoffLimits, nextBackoff, type PodMemory } from "./memory.ts";
import type { PodAction } from "./plan.ts";
import { hasEnded, newest, type RuntimePod } from "./runtime.ts";

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

/** `turn`: a container that is to end waits for it, but no longer than its grace. */
export async function carryOut(action: PodAction, context: ActionContext, turn?: Promise<unknown>): Promise<void> {
  const { cri } = context.node;
  switch (action.do) {
    case "createSandbox":
      return createSandbox(action.attempt, context);
    case "stopSandbox":
      return cri.stopPodSandbox(action.id, context.options);
    case "removeSandbox":
      return removeSandbox(cri, action.id, context.options);
    case "startContainer":
      return startContainer(action, context);
    case "stopContainer":
      return stopContainer(action, context, turn);
    case "removeContainer":
      return cri.removeContainer(action.id, context.options);
  }
}

/** A sandbox whose process was killed still has its network: only stopping gives it back, and without that it cannot be removed. */
export async function removeSandbox(cri: Cri, id: string, options?: CallOptions): Promise<void> {
  await cri.stopPodSandbox(id, options);
  await cri.removePodSandbox(id, options);
}

/** At least this much of the grace is left for SIGTERM, however long the hook took. */
const leastGraceSeconds = 2;

type StopAction = Extract<PodAction, { do: "stopContainer" }>;

async function stopContainer(action: StopAction, context: ActionContext, turn: Promise<unknown> | undefined): Promise<void> {
  const { container: run, graceSeconds, why } = action;
  const { cri, clock, settings } = context.node;
  const about = { name: run.name, init: isInit(context.pod, run.name) };
  if (why !== "") context.event("Normal", "Killing", why, about);
  const { containers = [], initContainers = [] } = context.pod?.spec ?? {};
  const container = [...containers, ...initContainers].find((one) => one.name === run.name);
  const hook = container?.lifecycle?.preStop;
  const startMs = clock.monotonicMs();
  if (container && hook && graceSeconds > 0) {
    const ip = context.pod?.spec?.hostNetwork ? settings.addresses[0] : context.runtime.sandboxes[0]?.ips[0];
    const target = { cri, clock, container, containerId: run.id, ip: ip ?? "", timeoutMs: graceSeconds * 1000 };
    if ((await runHook(hook, target)) !== undefined) context.event("Warning", "FailedPreStopHook", "PreStopHook failed", about);
  }
  const spentMs = (): number => clock.monotonicMs() - startMs;
  if (turn && graceSeconds > 0) await bounded(turn, graceSeconds * 1000 - spentMs(), clock);
  const spentSeconds = Math.floor(spentMs() / 1000);
  const leftSeconds = spentSeconds === 0 ? graceSeconds : Math.max(graceSeconds - spentSeconds, leastGraceSeconds);
  await cri.stopContainer(run.id, leftSeconds, context.options);
}

async function bounded(turn: Promise<unknown>, mostMs: number, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.after(mostMs, () => late.resolve());
  await Promise.race([turn, late.promise]);
  timer.cancel();
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
    memory.volumesStale = false;
    await node.volumes.setUp(pod, context.options.signal);
    const config = sandboxConfig(pod, attempt, node.settings, () => readResolvConf(node.settings.resolvConf));
    context.made(await node.cri.runPodSandbox(config, steady(context.options)));
    memory.sandboxRetry = undefined;
    memory.volumesRetry = undefined;
  } catch (error) {
    if (context.options.signal?.aborted) throw error;
    const delayMs = Math.min((memory.sandboxRetry?.delayMs ?? 500) * 2, backoffLimits.mostMs);
    memory.sandboxRetry = { delayMs, untilMs: node.clock.nowMs() + delayMs };
    if (error instanceof VolumeError) context.event("Warning", "FailedMount", error.message);
    else context.event("Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${rpcText(error)}`);
  }
}

/** The pod's volumes hold what they should, or a Warning says which does not, and it is tried again later. */
export async function refreshVolumes(context: ActionContext): Promise<void> {
  const { node, memory } = context;
  memory.volumesStale = false;
  try {
    await node.volumes.setUp(context.pod!, context.options.signal);
    memory.volumesRetry = undefined;
  } catch (error) {
    if (context.options.signal?.aborted) throw error;
    const delayMs = Math.min((memory.volumesRetry?.delayMs ?? 500) * 2, volumeRetryMostMs);
    memory.volumesRetry = { delayMs, untilMs: node.clock.nowMs() + delayMs };
    context.event("Warning", "FailedMount", error instanceof Error ? error.message : String(error));
  }
}

const volumeRetryMostMs = 122_000;

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
  const sandboxSettings = sandboxConfig(pod, sandbox.attempt, node.settings, () => readResolvConf(node.settings.resolvConf));
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
  if ((await runHook(hook, target, options.signal)) === undefined) return;
  event("Warning", "FailedPostStartHook", "PostStartHook failed");
  memory.unhealthy.set(container.name, "FailedPostStartHook");
}

/** A hook without an end of its own must not hold the pod for ever. */
const postStartMs = 120_000;

const mayRefuseRoot = (pod: Pod, container: Container): boolean =>
  (container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot) === true;

/** The container into whose processes an ephemeral one wants to look. */
function targetOf(pod: Pod, { name }: Container, runtime: RuntimePod): string | undefined {
  const wanted = pod.spec?.ephemeralContainers?.find((one) => one.name === name)?.targetContainerName;
  if (!wanted) return undefined;
  const target = newest(runtime, wanted);
  if (!target) throw new Error(`unable to find target container ${wanted}`);
  return target.id;
}

/** Everything that may be wrong with the pod's own wishes, before the runtime is asked: CreateContainerConfigError. */
async function configured(container: Container, attempt: number, imageRef: string, context: ActionContext) {
  const { node, runtime } = context;
  const pod = context.pod!;
  const uid = pod.metadata.uid ?? "";
  try {
    const { client, settings, cri } = node;
    if (mayRefuseRoot(pod, container)) verifyNonRoot(pod, container, await cri.imageStatus(imageRef, context.options));
    const volumes = await node.volumes.setUp(pod, context.options.signal);
    const ips = runtime.sandboxes[0]?.ips ?? [];
    const live = { podIps: pod.spec?.hostNetwork ? settings.addresses : ips, hostIps: settings.addresses };
    const chosen = servicesFor((await node.services?.()) ?? [], pod.metadata.namespace ?? "", pod.spec?.enableServiceLinks !== false);
    const services = serviceVariables(chosen);
    const variables = await environment({ pod, container, client, machine: settings.machine, live, services });
    const hostsFile = node.volumes.hostsFile(pod, live.podIps);
    const terminationLog = node.volumes.terminationLog(uid, container.name, attempt);
    const subPath = (volumePath: string, hostPath: string): string => node.volumes.subPath(volumePath, hostPath);
    const mounts = containerMounts({ container, volumes, environment: variables, hostsFile, terminationLog, subPath });
    const targetId = targetOf(pod, container, runtime);
    const target = targetId === undefined ? {} : { targetId };
    return containerConfig({ pod, container, attempt, imageRef, environment: variables, mounts, settings, ...target });
  } catch (error) {
    if (context.options.signal?.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new StartFailure("CreateContainerConfigError", message, node.clock.nowMs() + backoffLimits.firstMs);
  }
}
