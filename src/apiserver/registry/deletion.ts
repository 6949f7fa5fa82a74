// What a DELETE means for one object: gone now, or marked and left to its finalizers, its grace, its namespace's cleaning.
// Invariant: pure. Grace only shrinks; finalizers of the garbage collector follow the options of the first deletion.
// Called by: delete.ts, once per attempt. Next on the way: write.ts.

import { type ApiObject, ApiError, type KindRules } from "#api";
import { rfc3339 } from "#lib";
import { foregroundFinalizer, orphanFinalizer } from "./meta.ts";
import type { DeleteOptions } from "./options.ts";

/** `last`: how the object looks on its way out, if that differs from what is stored. */
export type Deletion =
  | { readonly type: "delete"; readonly last?: ApiObject }
  | { readonly type: "put"; readonly object: ApiObject }
  | { readonly type: "keep" };

export interface DeletionInput {
  /** May be changed. */
  readonly object: ApiObject;
  readonly group: string;
  readonly kind: string;
  readonly options: DeleteOptions;
  readonly rules: KindRules | undefined;
  readonly orphanByDefault: boolean;
  readonly nowMs: number;
}

function checkPreconditions({ object, group, kind, options }: DeletionInput): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = object;
  const subject = { group, resource: kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid})`;
    throw ApiError.conflict(subject, metadata.name!, `${text}. The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion})`;
    throw ApiError.conflict(subject, metadata.name!, `${text}. The object might have been modified`);
  }
}

/** Which of the garbage collector's finalizers the object is to carry: what is asked, else what it has, else the kind's habit. */
function collectorFinalizers({ object, options, orphanByDefault }: DeletionInput): string[] {
  const finalizers = object.metadata.finalizers ?? [];
  const { orphanDependents, propagationPolicy: policy } = options;
  const first = finalizers.find((name) => name === orphanFinalizer || name === foregroundFinalizer);
  const inherited = first === undefined ? orphanByDefault : first === orphanFinalizer;
  const orphan = orphanDependents ?? (policy === undefined ? inherited : policy === "Orphan");
  const foreground = orphanDependents === undefined && (policy === undefined ? first === foregroundFinalizer : policy === "Foreground");
  const kept = finalizers.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer);
  return [...kept, ...(orphan ? [orphanFinalizer] : []), ...(foreground ? [foregroundFinalizer] : [])];
}

function mark(object: ApiObject, atMs: number, graceSeconds: number | undefined): void {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined && (metadata.generation ?? 0) > 0) metadata.generation = metadata.generation! + 1;
  metadata.deletionTimestamp = rfc3339(atMs);
  if (graceSeconds !== undefined) metadata.deletionGracePeriodSeconds = graceSeconds;
}

/** A namespace waits for its content, whatever else holds it. */
function deleteNamespace(input: DeletionInput): Deletion | undefined {
  const { object, nowMs } = input;
  const finalizers = (object["spec"] as { finalizers?: string[] } | undefined)?.finalizers ?? [];
  if (object.metadata.deletionTimestamp !== undefined) return finalizers.length > 0 ? { type: "keep" } : undefined;
  const { deletionGracePeriodSeconds: _, ...metadata } = object.metadata;
  object.metadata = { ...metadata, deletionTimestamp: rfc3339(nowMs) };
  setFinalizers(object, collectorFinalizers(input));
  object["status"] = { ...(object["status"] as object | undefined), phase: "Terminating" };
  return { type: "put", object };
}

function setFinalizers(object: ApiObject, finalizers: string[]): void {
  if (finalizers.length > 0) object.metadata.finalizers = finalizers;
  else delete object.metadata.finalizers;
}

/** Undefined: the kind knows no grace, or none is left. */
function grace({ object, options, rules, nowMs }: DeletionInput): { untilMs: number; seconds: number } | "pending" | undefined {
  const asked = options.gracePeriodSeconds === undefined ? undefined : options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds;
  const { deletionTimestamp, deletionGracePeriodSeconds: running } = object.metadata;
  if (rules?.gracePeriodSeconds === undefined) return undefined;
  if (deletionTimestamp === undefined) {
    const seconds = rules.gracePeriodSeconds(object, { gracePeriodSeconds: asked });
    return { untilMs: nowMs + seconds * 1000, seconds };
  }
  if (running === undefined || running === 0) return undefined;
  if (asked === undefined || asked >= running) return "pending";
  const untilMs = Date.parse(deletionTimestamp) + (asked - running) * 1000;
  // Shortened into the past: as soon as possible, but still by whoever is to finish it.
  return untilMs < nowMs ? { untilMs: nowMs, seconds: asked === 0 ? 0 : 1 } : { untilMs, seconds: asked };
}

export function decideDeletion(input: DeletionInput): Deletion {
  const { object, kind, group, nowMs } = input;
  checkPreconditions(input);
  if (group === "" && kind === "Namespace") {
    const decided = deleteNamespace(input);
    if (decided) return decided;
  }
  const graceful = grace(input);
  if (graceful === "pending") return { type: "keep" };
  const finalizers = collectorFinalizers(input);
  setFinalizers(object, finalizers);
  if (graceful !== undefined && (graceful.seconds > 0 || finalizers.length > 0)) {
    mark(object, graceful.untilMs, graceful.seconds);
    return { type: "put", object };
  }
  if (finalizers.length === 0 && graceful === undefined) return { type: "delete" };
  if (finalizers.length === 0) {
    mark(object, graceful!.untilMs, 0);
    return { type: "delete", last: object };
  }
  const already = object.metadata.deletionTimestamp;
  mark(object, already === undefined ? nowMs : Math.min(Date.parse(already), nowMs), 0);
  return { type: "put", object };
}
