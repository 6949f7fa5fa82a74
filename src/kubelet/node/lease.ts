// The node's heartbeat: a Lease in kube-node-lease, renewed every ten seconds.
// Invariant: the Lease is owned by the Node, so that it goes with it; a failed renewal is tried again before the lease ends.
// Called by: kubelet.ts. Next on the way: the node lifecycle controller, which reads it.

import { ApiError, type Lease } from "#api";
import type { Live, ResourceClient } from "#client";
import { rfc3339Micro, type Timer } from "#lib";
import type { NodeContext } from "../settings.ts";

const namespace = "kube-node-lease";
const leaseDurationSeconds = 40;
const renewMs = 10_000;
/** Agents of one machine renew on the same beat: ten at a time, which share a packet and a sync of the log. */
const beatMs = 100;
const retryMs = { first: 200, most: 7000 } as const;

/** Who owns which field is the server's to say: an update that leaves it out leaves it as it is, and is half as long. */
function withoutOwners(lease: Live<Lease>): Live<Lease> {
  const { managedFields: _, ...metadata } = lease.metadata;
  return { ...lease, metadata };
}

export class NodeLease {
  readonly #node: NodeContext;
  readonly #leases: ResourceClient<Lease>;
  readonly #uid: () => string | undefined;
  #timer: Timer | undefined;
  #last: Live<Lease> | undefined;
  #failures = 0;
  #closed = false;

  constructor(node: NodeContext, nodeUid: () => string | undefined) {
    this.#node = node;
    this.#leases = node.client.resource<Lease>("leases.coordination.k8s.io");
    this.#uid = nodeUid;
  }

  start(): void {
    void this.#renew();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #renew(): Promise<void> {
    let nextMs: number = renewMs;
    try {
      await this.#write();
      this.#failures = 0;
    } catch (error) {
      nextMs = Math.min(retryMs.first * 2 ** this.#failures++, retryMs.most);
      this.#node.log.warn("could not renew the node's lease", { retryMs: nextMs, error });
    }
    const { clock } = this.#node;
    const early = nextMs === renewMs ? clock.nowMs() % beatMs : 0;
    if (!this.#closed) this.#timer = clock.after(nextMs - early, () => void this.#renew());
  }

  async #write(): Promise<void> {
    const name = this.#node.settings.nodeName;
    const renewTime = rfc3339Micro(this.#node.clock.nowMs());
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime };
    try {
      // What we wrote last is what is there, as nobody else renews it; else it is read again.
      const last = this.#last ?? (await this.#leases.get(namespace, name));
      this.#last = undefined;
      this.#last = await this.#leases.update({ ...withoutOwners(last), spec: { ...last.spec, ...spec } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status.code !== 404) throw error;
      const uid = this.#uid();
      const ownerReferences = uid === undefined ? [] : [{ apiVersion: "v1", kind: "Node", name, uid }];
      this.#last = await this.#leases.create({ metadata: { name, namespace, ownerReferences }, spec });
    }
  }
}
