// A node's life as the cluster sees it: silent nodes become Unknown, troubled nodes get taints, their Pods are no longer ready.
// Invariant: only silence makes a node Unknown; Pods are asked to leave no faster than pace.ts allows.
// Called by: the loop, by way of index.ts. Next on the way: tainteviction.ts, which acts on the NoExecute taints.

import { findCondition, type Node, type NodeCondition, type Pod, type Taint } from "#api";
import type { AnyObject, Live } from "#client";
import { rfc3339 } from "#lib";
import { type Action, isNotFound, type Plan, targetOf } from "../framework/plan.ts";

export interface SeenNode {
  readonly saw: readonly Live<AnyObject>[];
  readonly node: Live<Node>;
  /** When the node was last heard of: by its Lease or its status, on our clock. */
  readonly heardMs: number;
  /** 0: its Pods may be asked to leave now. Else when to ask again; Infinity: when another node has changed. */
  readonly evictableInMs: number;
  readonly pods: readonly Live<Pod>[];
  /** Nobody has looked at this node before. */
  readonly first: boolean;
}

export const monitorGraceMs = 50_000;
const startupGraceMs = 60_000;

const watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;
const prefix = "node.kubernetes.io/";
const pressures = [
  ["MemoryPressure", "memory-pressure"],
  ["DiskPressure", "disk-pressure"],
  ["NetworkUnavailable", "network-unavailable"],
  ["PIDPressure", "pid-pressure"],
] as const;
/** The keys that are ours to give and to take. */
const ownNoSchedule = new Set(["not-ready", "unreachable", "unschedulable", ...pressures.map(([, key]) => key)].map((key) => prefix + key));
const ownNoExecute = new Set([`${prefix}not-ready`, `${prefix}unreachable`]);

export function planNode(seen: SeenNode, { nowMs }: { nowMs: number }): Plan {
  const { node, heardMs } = seen;
  const graceMs = findCondition(node.status?.conditions, "Ready") ? monitorGraceMs : startupGraceMs;
  const leftMs = heardMs + graceMs - nowMs;
  const silent = leftMs < 0;
  const conditions = silent ? silenced(node, nowMs) : (node.status?.conditions ?? []);
  const ready = readiness(conditions);
  const changed = silent && JSON.stringify(conditions) !== JSON.stringify(node.status?.conditions ?? []);
  const actions: Action[] = seen.first ? [welcome(node)] : [];
  if (changed) actions.push(...tellSilence(node, conditions));
  actions.push(...taint(seen, conditions, nowMs));
  // A node that says itself that it is not ready still looks after its Pods.
  if (ready === "Unknown") actions.push(...unready(seen.pods, nowMs));
  const decision = silent ? "the node is silent" : ready === "True" ? "the node is ready" : `the node says Ready=${ready}`;
  // A silent node wakes us itself when it speaks again; one whose Pods have to wait for others' asks again.
  const againMs = Math.min(silent ? Infinity : leftMs + 1, seen.evictableInMs === 0 ? Infinity : seen.evictableInMs);
  return { actions, decision, ...(againMs === Infinity ? {} : { requeueAfterMs: againMs }) };
}

function welcome(node: Live<Node>): Action {
  const { name } = node.metadata;
  const message = `Node ${name} event: Registered Node ${name} in Controller node-controller`;
  return { verb: "event", about: node, type: "Normal", reason: "RegisteredNode", message };
}

/** Whether its Pods have been asked to leave: then only the reason may still change. */
export function isEvicting(node: Live<Node>): boolean {
  return (node.spec?.taints ?? []).some(({ key, effect }) => effect === "NoExecute" && ownNoExecute.has(key));
}

export function readiness(conditions: readonly NodeCondition[] | undefined): string {
  return findCondition(conditions, "Ready")?.status ?? "Unknown";
}

function silenced(node: Live<Node>, nowMs: number): NodeCondition[] {
  const now = rfc3339(nowMs);
  const conditions = [...(node.status?.conditions ?? [])];
  for (const type of watched) {
    const at = conditions.findIndex((one) => one.type === type);
    const known = conditions[at];
    if (!known) {
      conditions.push({
        type,
        status: "Unknown",
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
        ...(node.metadata.creationTimestamp === undefined ? {} : { lastHeartbeatTime: node.metadata.creationTimestamp }),
        lastTransitionTime: now,
      });
    } else if (known.status !== "Unknown") {
      const message = "Kubelet stopped posting node status.";
      conditions[at] = { ...known, status: "Unknown", reason: "NodeStatusUnknown", message, lastTransitionTime: now };
    }
  }
  return conditions;
}

function tellSilence(node: Live<Node>, conditions: NodeCondition[]): Action[] {
  const write: Action = {
    verb: "patch",
    resource: "nodes",
    target: targetOf(node),
    type: "strategic",
    // The revision: a node that has just spoken is not to be called silent.
    patch: { metadata: { resourceVersion: node.metadata.resourceVersion }, status: { conditions } },
    subresource: "status",
    tolerates: isNotFound,
  };
  if (readiness(node.status?.conditions) !== "True") return [write];
  const { name } = node.metadata;
  return [
    write,
    { verb: "event", about: node, type: "Normal", reason: "NodeNotReady", message: `Node ${name} status is now: NodeNotReady` },
  ];
}

/** The taints that the conditions ask for; those of others stay as they are. */
function taint({ node, evictableInMs }: SeenNode, conditions: readonly NodeCondition[], nowMs: number): Action[] {
  const known = node.spec?.taints ?? [];
  const ready = readiness(conditions);
  // A node that has yet to say anything has no taint: it gets some when it has been silent for too long.
  const trouble =
    ready === "True" || !findCondition(conditions, "Ready") ? [] : [prefix + (ready === "False" ? "not-ready" : "unreachable")];
  const noSchedule = new Set([
    ...trouble,
    ...pressures.filter(([type]) => findCondition(conditions, type)?.status === "True").map(([, key]) => prefix + key),
    ...(node.spec?.unschedulable === true ? [`${prefix}unschedulable`] : []),
  ]);
  const noExecute = new Set(evictableInMs > 0 ? [] : trouble);
  const owns = (one: Taint): boolean =>
    (one.effect === "NoSchedule" && ownNoSchedule.has(one.key)) || (one.effect === "NoExecute" && ownNoExecute.has(one.key));
  const wants = (one: Taint): boolean => (one.effect === "NoSchedule" ? noSchedule : noExecute).has(one.key);
  const kept = known.filter((one) => !owns(one) || wants(one));
  const has = (key: string, effect: string): boolean => kept.some((one) => one.key === key && one.effect === effect);
  const timeAdded = rfc3339(nowMs);
  const added: Taint[] = [
    ...[...noSchedule].filter((key) => !has(key, "NoSchedule")).map((key) => ({ key, effect: "NoSchedule", timeAdded })),
    ...[...noExecute].filter((key) => !has(key, "NoExecute")).map((key) => ({ key, effect: "NoExecute", timeAdded })),
  ];
  if (added.length === 0 && kept.length === known.length) return [];
  const taints = [...kept, ...added];
  const patch = { spec: { taints: taints.length > 0 ? taints : null } };
  return [{ verb: "patch", resource: "nodes", target: targetOf(node), type: "merge", patch, tolerates: isNotFound }];
}

/** Nobody can say that they still work: Services leave them out. */
function unready(pods: readonly Live<Pod>[], nowMs: number): Action[] {
  return pods
    .filter((pod) => findCondition(pod.status?.conditions, "Ready")?.status === "True")
    .map((pod) => {
      const patch = { status: { conditions: [{ type: "Ready", status: "False", lastTransitionTime: rfc3339(nowMs) }] } };
      return {
        verb: "patch",
        resource: "pods",
        target: targetOf(pod),
        type: "strategic",
        patch,
        subresource: "status",
        tolerates: isNotFound,
        tell: { about: pod, succeeded: () => ({ type: "Warning", reason: "NodeNotReady", message: "Node is not ready" }) },
      };
    });
}
