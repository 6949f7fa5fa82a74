// The node lifecycle controller: listens for heartbeats and says when one has stopped.
// Invariant: a heartbeat only moves a time in memory; the node is looked at when its grace would end, not at every beat.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { Lease, Node, Pod } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import type { Clock } from "#lib";
import { type Controller, defineController } from "../framework/define.ts";
import { type Asking, EvictionPace, intervalMs, isDark, zoneOf } from "./pace.ts";
import { isEvicting, monitorGraceMs, planNode, readiness, type SeenNode } from "./plan.ts";

/** When each node was last heard of. By our own clock: those of the nodes may be wrong. */
class Heartbeats {
  readonly #clock: Clock;
  readonly #heard = new Map<string, { sign: string; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A sign that we have seen before is no sign of life. */
  note(source: string, sign: string): void {
    if (sign !== "" && this.#heard.get(source)?.sign !== sign) this.#heard.set(source, { sign, atMs: this.#clock.nowMs() });
  }

  lastMs(sources: readonly string[]): number | undefined {
    const times = sources.map((source) => this.#heard.get(source)?.atMs).filter((one) => one !== undefined);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  forget(source: string): void {
    this.#heard.delete(source);
  }
}

const leasesNamespace = "kube-node-lease";
const leaseOf = (name: string): string => `lease ${name}`;
const statusOf = (name: string): string => `status ${name}`;

/** What is worth a look at once: a heartbeat alone is not. */
function telling(object: Live<AnyObject>): string {
  const { metadata, spec, status } = object as Live<Node>;
  const conditions = (status?.conditions ?? []).map((one) => [one.type, one.status]);
  return JSON.stringify([conditions, spec?.taints, spec?.unschedulable, metadata.labels]);
}

const asking = (node: Live<Node>, nodes: readonly Live<Node>[]): Asking => ({
  node: keyOf(node),
  zone: zoneOf(node),
  evicting: isEvicting(node),
  dark: isDark(nodes),
  everyMs: intervalMs(node, nodes),
});

export const nodeLifecycle: Controller = {
  name: "node-lifecycle-controller",
  account: "node-controller",
  prepare(context) {
    const beats = new Heartbeats(context.clock);
    const met = new Set<string>();
    const pace = new EvictionPace();
    const beat = (object: Live<AnyObject>): void => {
      const condition = (object as Live<Node>).status?.conditions?.find((one) => one.type === "Ready");
      if (condition) beats.note(statusOf(object.metadata.name), condition.lastHeartbeatTime ?? condition.lastTransitionTime ?? "");
    };
    return defineController<SeenNode>({
      name: this.name,
      account: this.account,
      watches: [
        {
          resource: "nodes",
          keys: (node) => (beat(node), [keyOf(node), ...pace.waiting]),
          matters: (old, node) => (beat(node), telling(old) !== telling(node)),
        },
        {
          resource: "leases.coordination.k8s.io",
          keys(lease) {
            if (lease.metadata.namespace === leasesNamespace)
              beats.note(leaseOf(lease.metadata.name), (lease as Live<Lease>).spec?.renewTime ?? "");
            return [];
          },
        },
      ],
      reads: ["pods"],
      observe(key, world) {
        const nodes = world.lister<Node>("nodes");
        const node = nodes.get(key);
        if (!node) {
          beats.forget(leaseOf(key));
          beats.forget(statusOf(key));
          met.delete(key);
          pace.forget(key);
          return undefined;
        }
        const heardMs = beats.lastMs([leaseOf(key), statusOf(key)]) ?? (Date.parse(node.metadata.creationTimestamp ?? "") || 0);
        const first = !met.has(key);
        met.add(key);
        const nowMs = context.clock.nowMs();
        const trouble = readiness(node.status?.conditions) !== "True" || heardMs + monitorGraceMs < nowMs;
        if (!trouble) pace.forget(key);
        const asks = trouble && node.status?.conditions?.some(({ type }) => type === "Ready") === true;
        // Most nodes are well most of the time: only a node in trouble costs a look at all others.
        const pods = trouble ? world.lister<Pod>("pods").list() : [];
        return {
          saw: [node],
          node,
          first,
          heardMs,
          evictableInMs: asks ? pace.ask(asking(node, nodes.list()), nowMs) : 0,
          pods: pods.filter((pod) => pod.spec?.nodeName === key),
        };
      },
      plan: planNode,
    }).prepare(context);
  },
};
