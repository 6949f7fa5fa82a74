// Registering the node, and keeping its status true: at once when something changed, every five minutes otherwise.
// Invariant: heartbeat times alone never cause a write before its time; a Node that was deleted is registered again.
// What the API server has is followed by a watch of this one object, so that a look that finds nothing new asks nobody.
// Called by: kubelet.ts. Next on the way: lease.ts, the cheap heartbeat.

import { isDeepStrictEqual } from "node:util";
import { ApiError, type Node, type NodeStatus } from "#api";
import { type Informer, informer, type Live, type ResourceClient } from "#client";
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
  /** As it was last written or seen, whichever is newer. */
  #current: Live<Node> | undefined;
  readonly #watch: Informer<Node>;
  #podCidr: string | undefined;
  /** What the last look compared: the same again needs no second comparison. */
  #looked: { readonly node: Live<Node>; readonly facts: NodeFacts } | undefined;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#nodes = node.client.resource<Node>("nodes");
    const { client, clock, prng, log, settings } = node;
    this.#watch = informer<Node>(client, "nodes", { clock, prng, log, fieldSelector: `metadata.name=${settings.nodeName}` });
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
    if (this.#closed) return;
    this.#watch.on({
      added: (seen) => this.#seen(seen),
      updated: (_old, seen) => this.#seen(seen),
      deleted: (last) => {
        if (this.#current?.metadata.uid === last.metadata.uid) this.#current = undefined;
      },
    });
    this.#watch.start();
    this.#later();
  }

  close(): void {
    this.#closed = true;
    this.#watch.close();
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

  #seen(node: Live<Node>): void {
    if (this.#current && Number(node.metadata.resourceVersion) < Number(this.#current.metadata.resourceVersion)) return;
    this.#current = node;
    const { podCIDR } = node.spec ?? {};
    if (podCIDR === undefined || podCIDR === this.#podCidr) return;
    this.#podCidr = podCIDR;
    this.#node.cri.updateRuntimeConfig(podCIDR).catch(() => undefined);
  }

  async #ensure(): Promise<Live<Node>> {
    const { settings } = this.#node;
    try {
      const found = this.#current ?? (await this.#nodes.get(undefined, settings.nodeName));
      const labels = Object.entries(nodeLabels(settings)).filter(([key, value]) => found.metadata.labels?.[key] !== value);
      if (labels.length === 0) return found;
      return await this.#nodes.patch(undefined, settings.nodeName, "strategic", { metadata: { labels: Object.fromEntries(labels) } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status.code !== 404) throw error;
      this.#current = undefined;
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
    const { clock, settings } = this.#node;
    const node = await this.#ensure();
    this.#seen(node);
    const facts = await this.#facts();
    const nowMs = clock.nowMs();
    const due = nowMs - this.#writtenAtMs >= periods.writeMs;
    if (!due && this.#looked?.node === node && isDeepStrictEqual(this.#looked.facts, facts)) return;
    const status = nodeStatus(settings, facts, node.status, nowMs);
    if (!due && isDeepStrictEqual(essence(node.status), essence(status))) {
      this.#looked = { node, facts };
      return;
    }
    // Addresses merge by their type: two of one type, or one that went, need the list replaced.
    const addresses = [{ $patch: "replace" }, ...(status.addresses ?? [])];
    const body = { status: { ...status, addresses } };
    try {
      this.#seen(await this.#nodes.patch(undefined, settings.nodeName, "strategic", body, undefined, { subresource: "status" }));
    } catch (error) {
      // Deleted, and the watch has not said so yet: registered again by the next look.
      if (error instanceof ApiError && error.status.code === 404) this.#current = undefined;
      throw error;
    }
    this.#writtenAtMs = nowMs;
  }
}
