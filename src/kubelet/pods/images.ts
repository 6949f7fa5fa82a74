// Making sure that a container's image is on the node: policy, pull, and the back-off between failing pulls.
// Invariant: `Never` never pulls; `IfNotPresent` asks the runtime first; a failing image is not asked for again before its time.
// Called by: actions.ts before a container is created. Next on the way: the runtime's PullImage.

import type { Container, Pod } from "#api";
import { type CallOptions, type PodSandboxConfig, rpcText } from "#cri";
import type { NodeContext } from "../settings.ts";
import { badImageName } from "./image-name.ts";
import { backoffLimits, type PodMemory, type WaitingReason } from "./memory.ts";

/** A reason for `state.waiting`; the container is tried again at `retryAtMs`. */
export class StartFailure extends Error {
  override name = "StartFailure";
  readonly waiting: WaitingReason;
  readonly retryAtMs: number;
  constructor(reason: string, message: string, retryAtMs: number) {
    super(`${reason}: ${message}`);
    this.waiting = { reason, message };
    this.retryAtMs = retryAtMs;
  }
}

/** The tag decides where no policy is given: `latest`, or none, means Always. */
export function pullPolicy(container: Container): "Always" | "IfNotPresent" | "Never" {
  const given = container.imagePullPolicy;
  if (given === "Always" || given === "IfNotPresent" || given === "Never") return given;
  const image = container.image ?? "";
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

/** `ms` as Go prints a rounded duration: 812ms, 1.234s. */
const pulledIn = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${Math.round(ms) / 1000}s`);

export interface EnsureImage {
  readonly pod: Pod;
  readonly container: Container;
  readonly sandbox: PodSandboxConfig;
  readonly memory: PodMemory;
  readonly options: CallOptions;
  readonly event: (type: "Normal" | "Warning", reason: string, message: string) => void;
}

/** Resolves with the name by which the runtime is to find the image. */
export async function ensureImage(node: NodeContext, request: EnsureImage): Promise<string> {
  const { container, memory, event } = request;
  const image = container.image ?? "";
  const nowMs = node.clock.nowMs();
  const bad = badImageName(image);
  if (bad !== undefined) {
    event("Warning", "InspectFailed", bad);
    throw new StartFailure("InvalidImageName", bad, nowMs + backoffLimits.firstMs);
  }
  const policy = pullPolicy(container);
  if (policy !== "Always") {
    const present = await node.cri.imageStatus(image, request.options);
    if (present) {
      event("Normal", "Pulled", `Container image "${image}" already present on machine and can be accessed by the pod`);
      memory.pulls.delete(image);
      return present.id || image;
    }
    if (policy === "Never") {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      event("Warning", "ErrImageNeverPull", message);
      throw new StartFailure("ErrImageNeverPull", message, nowMs + backoffLimits.firstMs);
    }
  }
  const failed = memory.pulls.get(image);
  if (failed && failed.untilMs > nowMs) {
    const message = `Back-off pulling image "${image}"`;
    event("Normal", "BackOff", message);
    throw new StartFailure("ImagePullBackOff", `${message}: ErrImagePull: ${failed.message}`, failed.untilMs);
  }
  event("Normal", "Pulling", `Pulling image "${image}"`);
  try {
    const reference = await node.cri.pullImage(image, request.sandbox, request.options);
    const took = pulledIn(node.clock.nowMs() - nowMs);
    const size = (await node.cri.imageStatus(image, request.options))?.size ?? 0;
    event("Normal", "Pulled", `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`);
    memory.pulls.delete(image);
    return reference || image;
  } catch (error) {
    if (request.options.signal?.aborted) throw error;
    const message = rpcText(error);
    const delayMs = failed ? Math.min(failed.delayMs * 2, backoffLimits.mostMs) : backoffLimits.firstMs;
    const untilMs = node.clock.nowMs() + delayMs;
    memory.pulls.set(image, { delayMs, untilMs, message });
    event("Warning", "Failed", `Failed to pull image "${image}": ${message}`);
    // Tried again at once, to show the back-off: the next attempt finds `untilMs` in the future.
    throw new StartFailure("ErrImagePull", message, node.clock.nowMs() + 1000);
  }
}
