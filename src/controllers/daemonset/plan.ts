// The DaemonSet's plan: one Pod on every node that it wants, of the current revision, as fast as the strategy allows.
// Invariant: a pass that creates or deletes does not also roll: the rollout goes on when every node has what it should.
// Called by: the loop, by way of index.ts. Next on the way: rollout.ts.

import type { ApiError, ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod } from "#api";
import type { AnyObject, Live } from "#client";
import { own } from "#lib";
import { claim } from "../claim.ts";
import { templateHash } from "../deployment/template.ts";
import { type Action, nothing, type Plan } from "../framework/plan.ts";
import { createPod, deletePod, podFromTemplate, type PodOwner } from "../podcontrol.ts";
import { isPodAvailable, isPodReady, isPodTerminal, nextAvailabilityMs } from "../pods.ts";
import { createRevision, historyOf, pruneRevisions, renumber, revisionData, revisionLabel, revisionsName } from "../revisions.ts";
import { daemonTemplate, isUpdated, type NodeWish, targetNode, wishFor } from "./nodes.ts";
import { maxSurge, type Places, replace } from "./rollout.ts";

export interface SeenDaemonSet {
  readonly saw: readonly Live<AnyObject>[];
  readonly set: Live<DaemonSet>;
  readonly nodes: readonly Live<Node>[];
  readonly pods: readonly Live<Pod>[];
  readonly revisions: readonly Live<ControllerRevision>[];
  /** By uid: how long a failed Pod is left alone yet. */
  readonly failedWaitsMs: ReadonlyMap<string, number>;
}

const burst = 250;
const resource = "daemonsets.apps";

interface Change {
  readonly add: string[];
  readonly remove: Live<Pod>[];
  readonly events: Action[];
  waitMs: number | undefined;
}

export function planDaemonSet(seen: SeenDaemonSet, { nowMs }: { nowMs: number }): Plan {
  const { set, nodes } = seen;
  if (set.metadata.deletionTimestamp !== undefined) return nothing("it is being deleted");
  const owner = { resource, apiVersion: "apps/v1", kind: "DaemonSet", object: set, selector: set.spec?.selector };
  const { claimed, actions: claims } = claim(owner, "pods", seen.pods);
  const kept = claim(owner, revisionsName, seen.revisions);
  const template = set.spec?.template;
  const data = revisionData(template);
  const { current, old, number } = historyOf(data.text, kept.claimed);
  const fresh = templateHash(template, set.status?.collisionCount);
  const hash = current ? (own(current.metadata.labels, revisionLabel) ?? current.metadata.name) : fresh;
  const labels = { ...template?.metadata?.labels, [revisionLabel]: fresh };
  const revision = current
    ? renumber(current, number)
    : [createRevision(owner, `${set.metadata.name}-${fresh}`, labels, number, data.value)];

  const wishes = new Map(nodes.map((node) => [node.metadata.name, wishFor(set, node)]));
  const byNode = Map.groupBy(
    claimed.filter((pod) => !(isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined)),
    targetNode,
  );
  const change = changes(seen, wishes, byNode, hash, nowMs);
  if (change.add.length + change.remove.length === 0 && set.spec?.updateStrategy?.type === "RollingUpdate") {
    const { add, remove } = replace(placesOf(set, hash, wishes, byNode, nowMs));
    change.add.push(...add);
    change.remove.push(...remove);
  }
  const liveHashes = new Set(claimed.map((pod) => own(pod.metadata.labels, revisionLabel)));
  const live = new Set(old.filter((one) => liveHashes.has(own(one.metadata.labels, revisionLabel))).map((one) => one.metadata.name));
  const finish = (error: ApiError | undefined): readonly Action[] => {
    const collided = error?.reason === "AlreadyExists" && !current;
    return writeStatus(set, statusOf(set, wishes, byNode, hash, nowMs), collided);
  };
  const waits = [change.waitMs, nextAvailabilityMs(claimed, set.spec?.minReadySeconds ?? 0, nowMs)].filter((one) => one !== undefined);
  return {
    actions: [
      ...claims,
      ...kept.actions,
      ...revision,
      ...change.events,
      ...podActions(owner, set, change, hash),
      ...pruneRevisions(old, set.spec?.revisionHistoryLimit ?? 10, live),
    ],
    finish,
    decision: `${[...wishes.values()].filter((one) => one.shouldRun).length} of ${nodes.length} nodes wanted; ${change.add.length} Pods to add, ${change.remove.length} to remove`,
    ...(waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : {}),
  };
}

function podActions(owner: PodOwner, set: Live<DaemonSet>, { add, remove }: Change, hash: string): Action[] {
  const made = add.slice(0, burst).map((node) => createPod(owner, podFromTemplate(owner, daemonTemplate(set, node, hash))));
  const gone = remove.slice(0, burst).map((pod) => deletePod(owner, pod));
  return [
    ...(made.length > 0 ? [{ verb: "batch", slowStart: true, actions: made } as const] : []),
    ...(gone.length > 0 ? [{ verb: "batch", slowStart: false, actions: gone } as const] : []),
  ];
}

type ByNode = ReadonlyMap<string | undefined, readonly Live<Pod>[]>;
type Wishes = ReadonlyMap<string, NodeWish>;

function changes(seen: SeenDaemonSet, wishes: Wishes, byNode: ByNode, hash: string, nowMs: number): Change {
  const change: Change = { add: [], remove: [], events: [], waitMs: undefined };
  for (const [node, { shouldRun, mayStay }] of wishes) {
    const pods = byNode.get(node);
    if (shouldRun && !pods) change.add.push(node);
    else if (mayStay) tidy(seen, { node, shouldRun, pods: pods ?? [] }, hash, nowMs, change);
    else change.remove.push(...(pods ?? []).filter((pod) => pod.metadata.deletionTimestamp === undefined));
  }
  // Meant for a node that is no more: never scheduled, and nobody else would take them away.
  for (const [node, pods] of byNode) {
    if (node !== undefined && !wishes.has(node)) change.remove.push(...pods.filter((pod) => !pod.spec?.nodeName));
  }
  return change;
}

interface Place {
  readonly node: string;
  readonly shouldRun: boolean;
  readonly pods: readonly Live<Pod>[];
}

function tidy(seen: SeenDaemonSet, { node, shouldRun, pods }: Place, hash: string, nowMs: number, change: Change): void {
  const { set, failedWaitsMs } = seen;
  const running: Live<Pod>[] = [];
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const { phase } = pod.status ?? {};
    if (phase !== "Failed" && phase !== "Succeeded") running.push(pod);
    else {
      const leftMs = failedWaitsMs.get(pod.metadata.uid) ?? 0;
      if (leftMs > 0) change.waitMs = Math.min(change.waitMs ?? leftMs, leftMs);
      else {
        change.remove.push(pod);
        change.events.push(ended(set, pod, node));
      }
    }
  }
  running.sort(longestThere);
  if (maxSurge(set, 1) === 0) change.remove.push(...running.slice(1));
  else if (running.length > 1) change.remove.push(...surplusOfSurge(set, running, hash, nowMs));
  else if (running.length === 0 && shouldRun) change.add.push(node);
}

function ended(set: Live<DaemonSet>, pod: Live<Pod>, node: string): Action {
  const which = `daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node}`;
  return pod.status?.phase === "Failed"
    ? { verb: "event", about: set, type: "Warning", reason: "FailedDaemonPod", message: `Found failed ${which}, will try to kill it` }
    : {
        verb: "event",
        about: set,
        type: "Normal",
        reason: "SucceededDaemonPod",
        message: `Found succeeded ${which}, will try to delete it`,
      };
}

/** Scheduled ones first, then by age. */
function longestThere(a: Live<Pod>, b: Live<Pod>): number {
  return (
    Number(!a.spec?.nodeName) - Number(!b.spec?.nodeName) ||
    Date.parse(a.metadata.creationTimestamp ?? "") - Date.parse(b.metadata.creationTimestamp ?? "") ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  );
}

/** Two may be there while the old one still works and the new one does not yet. */
function surplusOfSurge(set: Live<DaemonSet>, running: readonly Live<Pod>[], hash: string, nowMs: number): Live<Pod>[] {
  const fresh = running.filter((pod) => own(pod.metadata.labels, revisionLabel) === hash);
  const old = running.filter((pod) => own(pod.metadata.labels, revisionLabel) !== hash);
  const surplus = [...fresh.slice(1), ...old.slice(1)];
  const [newest, oldest] = [fresh[0], old[0]];
  if (newest && oldest && (!isPodReady(oldest) || isPodAvailable(newest, set.spec?.minReadySeconds ?? 0, nowMs))) surplus.push(oldest);
  return surplus;
}

function placesOf(set: Live<DaemonSet>, hash: string, wishes: Wishes, byNode: ByNode, nowMs: number): Places {
  const wanted = new Set([...wishes].filter(([, wish]) => wish.shouldRun).map(([node]) => node));
  const all = new Map<string, readonly Live<Pod>[]>();
  for (const [node, pods] of byNode) if (node !== undefined) all.set(node, pods);
  for (const node of wanted) if (!all.has(node)) all.set(node, []);
  return { set, hash, nowMs, wanted, byNode: all };
}

function statusOf(set: Live<DaemonSet>, wishes: Wishes, byNode: ByNode, hash: string, nowMs: number): DaemonSetStatus {
  const wanted = [...wishes].filter(([, wish]) => wish.shouldRun);
  const unwanted = [...wishes].filter(([node, wish]) => !wish.shouldRun && byNode.has(node));
  const first = wanted.flatMap(([node]) => [...(byNode.get(node) ?? [])].sort(longestThere).slice(0, 1));
  const numberAvailable = first.filter((pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)).length;
  return {
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: first.length,
    numberMisscheduled: unwanted.length,
    numberReady: first.filter((pod) => isPodReady(pod)).length,
    updatedNumberScheduled: first.filter((pod) => isUpdated(pod, set, hash)).length,
    numberAvailable,
    numberUnavailable: wanted.length - numberAvailable,
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
  };
}

function writeStatus(set: Live<DaemonSet>, counted: DaemonSetStatus, collided: boolean): Action[] {
  const { conditions, collisionCount } = set.status ?? {};
  const status: DaemonSetStatus = { ...counted, ...(conditions ? { conditions } : {}) };
  if (collided) status.collisionCount = (collisionCount ?? 0) + 1;
  else if (collisionCount !== undefined) status.collisionCount = collisionCount;
  const known = (set.status ?? {}) as Record<string, unknown>;
  const same = Object.entries(status).every(([name, value]) => name === "conditions" || (known[name] ?? 0) === value);
  return same ? [] : [{ verb: "update", resource, subresource: "status", object: { ...set, status } as Live<AnyObject> }];
}
