// The namespace's plan: while it is being deleted, its Pods go first, then everything else, then its own finalizer.
// Invariant: the finalizer goes only after a live look at every resource has found nothing.
// Called by: the loop, by way of index.ts. Next on the way: conditions.ts, which tells what is still there.

import type { ApiError, Namespace, ResourceInfo } from "#api";
import type { AnyObject, Live } from "#client";
import { type Action, isNotFound, nothing, type Plan, targetOf } from "../framework/plan.ts";
import { namespaceConditions, sameConditions } from "./conditions.ts";

export interface Content {
  readonly info: ResourceInfo;
  readonly resource: string;
  readonly objects: readonly Live<AnyObject>[];
}

export interface SeenNamespace {
  readonly saw: readonly Live<AnyObject>[];
  readonly namespace: Live<Namespace>;
  /** What is left, by resource; only resources with something left. */
  readonly content: readonly Content[];
  /** The content was read live because no informer showed any: then no event will tell that it is gone. */
  readonly live: boolean;
}

const finalizer = "kubernetes";
const unfollowedMs = 20;

export function planNamespace({ namespace, content, live }: SeenNamespace, { nowMs }: { nowMs: number }): Plan {
  if (namespace.metadata.deletionTimestamp === undefined) return nothing("active");
  if (!(namespace.spec?.finalizers ?? []).includes(finalizer)) return nothing("finalized: other finalizers hold it");
  const pods = content.filter((one) => one.resource === "pods");
  const due = pods.length > 0 ? pods : content;
  const actions = due.flatMap(deletions);
  const finish = (error: ApiError | undefined): readonly Action[] => {
    const left = due.map((one) => ({ ...one, objects: one.objects.filter((object) => object.metadata.deletionTimestamp !== undefined) }));
    const conditions = namespaceConditions(namespace.status?.conditions ?? [], left, error, nowMs);
    const status = { ...namespace.status, phase: "Terminating", conditions };
    const told = sameConditions(namespace, status) ? [] : [statusUpdate({ ...namespace, status })];
    return content.length > 0 || error ? told : [...told, finalize(namespace)];
  };
  const counted = due.map((one) => `${one.objects.length} ${one.resource}`).join(", ");
  const decision = counted === "" ? "empty: it may go" : `still there: ${counted}`;
  const again = live && content.length > 0 ? { requeueAfterMs: unfollowedMs } : {};
  return { actions: actions.length === 0 ? [] : [{ verb: "batch", slowStart: false, actions }], finish, decision, ...again };
}

function deletions({ info, resource, objects }: Content): Action[] {
  const alive = objects.filter((object) => object.metadata.deletionTimestamp === undefined);
  const options = { propagationPolicy: "Background" };
  if (alive.length === 0) return [];
  const namespace = alive[0]!.metadata.namespace ?? "";
  if (info.verbs.includes("deletecollection")) return [{ verb: "deletecollection", resource, namespace, options, tolerates: isNotFound }];
  return alive.map((object) => ({ verb: "delete", resource, target: targetOf(object), options, tolerates: isNotFound }));
}

function statusUpdate(namespace: Live<Namespace>): Action {
  return { verb: "update", resource: "namespaces", subresource: "status", object: namespace as Live<AnyObject>, tolerates: isNotFound };
}

/** Without a resourceVersion: the status write just before has moved it, and only this finalizer is ours to take. */
function finalize(namespace: Live<Namespace>): Action {
  const { resourceVersion: _, ...metadata } = namespace.metadata;
  const finalizers = (namespace.spec?.finalizers ?? []).filter((one) => one !== finalizer);
  const object = { ...namespace, metadata, spec: { ...namespace.spec, finalizers } } as unknown as Live<AnyObject>;
  return { verb: "update", resource: "namespaces", subresource: "finalize", object, tolerates: isNotFound };
}
