// Everything an explanation may look at, fetched once: the object, its events, its relatives, and the history.
// Invariant: reads only, a handful of requests; explanations after this are pure functions of what lies here.
// Called by: why.ts. Next on the way: explain.ts, which picks the explanation for the kind.

import {
  ApiError,
  type EndpointSlice,
  type Event,
  type Job,
  type Lease,
  type Node,
  type Pod,
  type ReplicaSet,
  type ResourceInfo,
} from "#api";
import type { AnyObject, Client, Live } from "#client";
import type { Span } from "#lib";
import { type History, historyOf } from "./history.ts";

export interface Evidence {
  readonly nowMs: number;
  readonly info: ResourceInfo;
  /** Undefined for cluster-wide kinds. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly object: Live<AnyObject> | undefined;
  /** About this object, newest last. */
  readonly events: readonly Live<Event>[];
  readonly history: History;
  readonly pods: readonly Live<Pod>[];
  readonly nodes: readonly Live<Node>[];
  readonly replicaSets: readonly Live<ReplicaSet>[];
  readonly jobs: readonly Live<Job>[];
  readonly slices: readonly Live<EndpointSlice>[];
  readonly lease: Live<Lease> | undefined;
}

export interface Asked {
  readonly client: Client;
  readonly info: ResourceInfo;
  readonly namespace: string;
  readonly name: string;
  readonly spans: readonly Span[];
}

async function orNothing<Value>(value: Promise<Value>): Promise<Value | undefined> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 404) return undefined;
    throw error;
  }
}

export function eventMs(event: Live<Event>): number {
  return Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "");
}

/** Kinds whose pods are theirs by owner reference. */
const ownsPods = ["ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController"];

export async function gather({ client, info, namespace: asked, name, spans }: Asked): Promise<Evidence> {
  const namespace = info.namespaced ? asked : undefined;
  const object = await orNothing(client.resource(info).get(namespace, name));
  const { kind } = info;
  const list = async <Kind extends AnyObject>(
    resource: string,
    where: string | undefined,
    fieldSelector?: string,
  ): Promise<readonly Live<Kind>[]> =>
    (await client.resource<Kind>(resource).listAll(where, fieldSelector === undefined ? {} : { fieldSelector })).items;
  const unbound = kind === "Pod" && object !== undefined && (object as Live<Pod>).spec?.nodeName === undefined;
  const podsOf = (): Promise<readonly Live<Pod>[]> => {
    if (kind === "Node") return list<Pod>("pods", undefined, `spec.nodeName=${name}`);
    if (unbound) return list<Pod>("pods", undefined);
    if (kind === "Deployment" || kind === "Service" || ownsPods.includes(kind)) return list<Pod>("pods", namespace);
    return Promise.resolve([]);
  };
  const nodesOf = async (): Promise<readonly Live<Node>[]> => {
    if (unbound) return list<Node>("nodes", undefined);
    const bound = kind === "Pod" ? (object as Live<Pod> | undefined)?.spec?.nodeName : undefined;
    const node = bound === undefined ? undefined : await orNothing(client.resource<Node>("nodes").get(undefined, bound));
    return node ? [node] : [];
  };
  const none = Promise.resolve([]);
  const [events, pods, nodes, replicaSets, jobs, slices, lease] = await Promise.all([
    list<Event>("events", namespace ?? "default", `involvedObject.kind=${kind},involvedObject.name=${name}`),
    podsOf(),
    nodesOf(),
    kind === "Deployment" ? list<ReplicaSet>("replicasets.apps", namespace) : none,
    kind === "CronJob" ? list<Job>("jobs.batch", namespace) : none,
    kind === "Service" ? list<EndpointSlice>("endpointslices.discovery.k8s.io", namespace) : none,
    kind === "Node" ? orNothing(client.resource<Lease>("leases.coordination.k8s.io").get("kube-node-lease", name)) : undefined,
  ]);
  return {
    nowMs: client.clock.nowMs(),
    info,
    namespace,
    name,
    object,
    events: events.toSorted((a, b) => eventMs(a) - eventMs(b)),
    history: historyOf(spans),
    pods,
    nodes,
    replicaSets,
    jobs,
    slices,
    lease,
  };
}

export function ownedBy<Kind extends AnyObject>(objects: readonly Live<Kind>[], uid: string): readonly Live<Kind>[] {
  return objects.filter(({ metadata }) =>
    metadata.ownerReferences?.some((reference) => reference.controller === true && reference.uid === uid),
  );
}
