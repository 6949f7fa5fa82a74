// Registering the node, and keeping its status true: at once when something changed, every five minutes otherwise.
// Invariant: heartbeat times alone never cause a write before its time; a Node that was deleted is registered again.
// Called by: kubelet.ts. Next on the way: lease.ts, the cheap heartbeat.

import { isDeepStrictEqual } from "node:util";
import { ApiError, type Node, type NodeStatus } from "#api";
import type { Live, ResourceClient } from "#client";
import type { Timer } from "#lib";
import type { NodeContext } from "../settings.ts";
import { type NodeFacts, newNode, nodeLabels, nodeStatus } from "./object.ts";

/** How often the status is worked out, and how often it is written though nothing changed. */
const periods = { lookMs: 10_000, writeMs: 300_000, retryMs: 1000 } as const;

const unknownRuntime = { runtimeName: "unknown", runtimeVersion: "Unknown", runtimeApiVersion: "" } as const;

/** Without what changes by itself, and without the order of keys. */
function essence(status: NodeStatus | undefined): unknown {
  if (!status) return undefined;
  const { capacity, allocatable, addresses, daemonEndpoints, nodeInfo } = status;
  // An empty list is not stored.
  const images = status.images ?? [];
  const conditions = status.conditions?.map((one) => ({ ...one, lastHeartbeatTime: undefined }));
  return JSON.parse(JSON.stringify({ capacity, allocatable, addresses, daemonEndpoints, nodeInfo, images, conditions }));
}

export class NodeRegistration {
  readonly #node: NodeContext;
  readonly #nodes: ResourceClient<Node>;
  #timer: Timer | undefined;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  #runtimeName = "containerd";
  #current: Live<Node> | undefined;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#nodes = node.client.resource<Node>("nodes");
  }

  /** Known once the runtime has been asked; a runtime that never answered has no containers either. */
  get runtimeName(): string {
    return this.#runtimeName;
  }

  get current(): Live<Node> | undefined {
    return this.#current;
  }

  /** Resolves when the Node exists and its first status is written; tries until then. */
  async start(): Promise<void> {
    for (let delayMs: number = periods.retryMs / 10; !this.#closed; delayMs = Math.min(delayMs * 2, periods.lookMs)) {
      try {
        await this.#sync();
        break;
      } catch (error) {
        this.#node.log.warn("could not register the node yet", { node: this.#node.settings.nodeName, retryMs: delayMs, error });
        await new Promise<void>((resolve) => this.#node.clock.after(delayMs, resolve, { hold: true }));
      }
    }
    this.#later();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = this.#node.clock.after(periods.lookMs, () => {
      this.#sync()
        .catch((error: unknown) => this.#node.log.warn("could not update the node's status", { error }))
        .finally(() => this.#later());
    });
  }

  async #ensure(): Promise<Live<Node>> {
    const { settings } = this.#node;
    try {
      const found = await this.#nodes.get(undefined, settings.nodeName);
      const labels = Object.entries(nodeLabels(settings)).filter(([key, value]) => found.metadata.labels?.[key] !== value);
      if (labels.length === 0) return found;
      return await this.#nodes.patch(undefined, settings.nodeName, "strategic", { metadata: { labels: Object.fromEntries(labels) } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status.code !== 404) throw error;
      return this.#nodes.create(newNode(settings));
    }
  }

  async #facts(): Promise<NodeFacts> {
    const { cri } = this.#node;
    try {
      const [version, runtimeConditions, images] = await Promise.all([cri.version(), cri.status(), cri.listImages()]);
      this.#runtimeName = version.runtimeName;
      return { version, runtimeConditions, images, runtimeError: undefined };
    } catch (error) {
      return {
        version: unknownRuntime,
        runtimeConditions: [],
        images: [],
        runtimeError: error instanceof Error ? error.message : String(error),
      };
    }
  }

  async #sync(): Promise<void> {
    const { clock, settings, cri } = this.#node;
    const node = await this.#ensure();
    const podCidr = node.spec?.podCIDR;
    if (podCidr !== undefined && podCidr !== this.#current?.spec?.podCIDR) await cri.updateRuntimeConfig(podCidr).catch(() => undefined);
    this.#current = node;
    const nowMs = clock.nowMs();
    const status = nodeStatus(settings, await this.#facts(), node.status, nowMs);
    const same = isDeepStrictEqual(essence(node.status), essence(status));
    if (same && nowMs - this.#writtenAtMs < periods.writeMs) return;
    // Addresses merge by their type: two of one type, or one that went, need the list replaced.
    const addresses = [{ $patch: "replace" }, ...(status.addresses ?? [])];
    const body = { status: { ...status, addresses } };
    this.#current = await this.#nodes.patch(undefined, settings.nodeName, "strategic", body, undefined, { subresource: "status" });
    this.#writtenAtMs = nowMs;
  }
}
