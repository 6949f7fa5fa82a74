// Revisions: the templates that a DaemonSet or StatefulSet has had, each in a ControllerRevision, for going back and for telling Pods apart.
// Invariant: a revision holds a strategic merge patch that `kubectl rollout undo` can send; equal templates are one revision.
// Called by: daemonset, statefulset. Deployments keep theirs in ReplicaSets.

import type { ControllerRevision, PodTemplateSpec } from "#api";
import { type AnyObject, controllerReference, type Live, type New } from "#client";
import { canonicalJson } from "./deployment/template.ts";
import { type Action, isNotFound, targetOf } from "./framework/plan.ts";
import type { PodOwner } from "./podcontrol.ts";

export const revisionLabel = "controller-revision-hash";
export const revisionsName = "controllerrevisions.apps";

/** The patch that brings a template back; keys are sorted, as upstream's are. */
export function revisionData(template: PodTemplateSpec | undefined): { text: string; value: unknown } {
  const text = canonicalJson({ spec: { template: { ...template, $patch: "replace" } } });
  return { text, value: JSON.parse(text) };
}

/** The client reads JSON, so that `data` is a plain value here. */
export const dataText = (revision: Live<ControllerRevision>): string => canonicalJson(revision.data);

export interface History {
  /** The revision that says what the template says now; the newest if there are several. */
  readonly current: Live<ControllerRevision> | undefined;
  readonly old: readonly Live<ControllerRevision>[];
  /** The number that the current revision has to have. */
  readonly number: number;
}

export function historyOf(text: string, revisions: readonly Live<ControllerRevision>[]): History {
  const sorted = [...revisions].sort((a, b) => a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1));
  const current = sorted.findLast((one) => dataText(one) === text);
  const old = sorted.filter((one) => one !== current);
  return { current, old, number: Math.max(0, ...old.map((one) => one.revision)) + 1 };
}

export function createRevision(owner: PodOwner, name: string, labels: Record<string, string>, number: number, data: unknown): Action {
  const { annotations, namespace } = owner.object.metadata;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels,
    ...(annotations ? { annotations } : {}),
    ownerReferences: [controllerReference(owner.object, owner.apiVersion, owner.kind)],
  };
  return { verb: "create", resource: revisionsName, object: { metadata, data, revision: number } as New<AnyObject> };
}

/** A template that was there before becomes the newest again. */
export function renumber(revision: Live<ControllerRevision>, number: number): Action[] {
  if (revision.revision >= number) return [];
  return [{ verb: "update", resource: revisionsName, object: { ...revision, revision: number } as Live<AnyObject> }];
}

/** The oldest beyond the limit go, unless something still lives by them. */
export function pruneRevisions(old: readonly Live<ControllerRevision>[], limit: number, live: ReadonlySet<string>): Action[] {
  const idle = old.filter((one) => !live.has(one.metadata.name));
  const gone = idle.slice(0, Math.max(0, old.length - limit));
  return gone.map((one) => ({ verb: "delete", resource: revisionsName, target: targetOf(one), tolerates: isNotFound }));
}
