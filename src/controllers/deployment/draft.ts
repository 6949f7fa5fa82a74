// The draft of one pass: working copies of a Deployment and its ReplicaSets, and the writes that make the cluster equal to them.
// Invariant: the frozen originals are never touched; each object is written at most once a pass, with all that the pass changed.
// Called by: plan.ts and the steps rollout.ts, scale.ts, rollback.ts. Next on the way: status.ts, which closes the draft.

import type { Deployment, ReplicaSet } from "#api";
import { type AnyObject, controllerReference, type Live } from "#client";
import type { Action } from "../framework/plan.ts";
import { isNamespaceTerminating } from "../framework/plan.ts";
import { annotateNewest, annotateReplicas, revisionAnnotation, revisionOf } from "./annotations.ts";
import { setCondition, deploymentCondition } from "./conditions.ts";
import { hasProgressDeadline, isRollingUpdate, maxSurge, wantedReplicas } from "./fenceposts.ts";
import { hashLabel, sameTemplate, templateHash } from "./template.ts";

export interface DraftSet {
  /** Undefined for a set that this pass creates. */
  readonly original: Live<ReplicaSet> | undefined;
  readonly copy: Live<ReplicaSet>;
}

const dnsSubdomainLimit = 253;

export const size = (set: DraftSet): number => set.copy.spec?.replicas ?? 1;
export const total = (sets: readonly DraftSet[]): number => sets.reduce((sum, set) => sum + size(set), 0);
export const available = (set: DraftSet): number => set.copy.status?.availableReplicas ?? 0;
export const active = (sets: readonly (DraftSet | undefined)[]): DraftSet[] =>
  sets.filter((set) => set !== undefined).filter((set) => size(set) > 0);

export function byCreation(a: DraftSet, b: DraftSet): number {
  const at = (set: DraftSet): string => set.copy.metadata.creationTimestamp ?? "9";
  return at(a) === at(b) ? (a.copy.metadata.name < b.copy.metadata.name ? -1 : 1) : at(a) < at(b) ? -1 : 1;
}

export function replicaSetName(deployment: string, hash: string): string {
  return `${deployment.slice(0, dnsSubdomainLimit - 1 - hash.length)}-${hash}`;
}

export class Draft {
  readonly deployment: Live<Deployment>;
  readonly sets: DraftSet[];
  readonly nowMs: number;
  /** Writes besides those that follow from the copies: claims, events, deletions. */
  readonly actions: Action[] = [];
  readonly said: string[] = [];
  newest: DraftSet | undefined;

  constructor(deployment: Live<Deployment>, sets: readonly Live<ReplicaSet>[], nowMs: number) {
    this.deployment = structuredClone(deployment);
    this.sets = sets.map((original) => ({ original, copy: structuredClone(original) })).sort(byCreation);
    this.nowMs = nowMs;
    // Of several equal ones the oldest is chosen, in every pass alike.
    this.newest = this.sets.find((set) => sameTemplate(set.copy.spec?.template, this.deployment.spec?.template));
  }

  get old(): DraftSet[] {
    return this.sets.filter((set) => set !== this.newest);
  }

  say(sentence: string): void {
    this.said.push(sentence);
  }

  /** Brings the newest set's revision, annotations and minReadySeconds up to date, and the Deployment's revision after them. */
  syncRevision(createIfMissing: boolean): void {
    const revision = Math.max(0, ...this.old.map((set) => revisionOf(set.copy))) + 1;
    const { newest, deployment } = this;
    if (!newest) {
      if (createIfMissing) this.#create(revision);
      return;
    }
    annotateNewest(deployment, newest.copy, revision, false);
    const { minReadySeconds } = deployment.spec ?? {};
    if ((newest.copy.spec?.minReadySeconds ?? 0) !== (minReadySeconds ?? 0)) newest.copy.spec!.minReadySeconds = minReadySeconds ?? 0;
    this.#setRevision(revisionOf(newest.copy));
    const conditions = deployment.status?.conditions ?? [];
    if (hasProgressDeadline(deployment) && !conditions.some((one) => one.type === "Progressing")) {
      this.condition("Progressing", "True", "FoundNewReplicaSet", `Found new replica set "${newest.copy.metadata.name}"`);
    }
  }

  condition(type: string, status: string, reason: string, message: string): void {
    this.deployment.status ??= {};
    this.deployment.status.conditions = setCondition(
      this.deployment.status.conditions,
      deploymentCondition(type, status, reason, message, this.nowMs),
    );
  }

  /** Without `force` only a size that differs counts; with it the size annotations are refreshed too. */
  scale(set: DraftSet, replicas: number, force = false): boolean {
    if (!force && size(set) === replicas) return false;
    const differs = size(set) !== replicas;
    set.copy.spec!.replicas = replicas;
    annotateReplicas(this.deployment, set.copy);
    return differs;
  }

  #setRevision(revision: number): void {
    this.deployment.metadata.annotations = { ...this.deployment.metadata.annotations, [revisionAnnotation]: String(revision) };
  }

  #create(revision: number): void {
    const { deployment } = this;
    const { metadata, spec, status } = deployment;
    const hash = templateHash(spec?.template, status?.collisionCount);
    const template = structuredClone(spec?.template) ?? {};
    template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [hashLabel]: hash } };
    const selector = structuredClone(spec?.selector) ?? {};
    selector.matchLabels = { ...selector.matchLabels, [hashLabel]: hash };
    const copy = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name: replicaSetName(metadata.name, hash),
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        labels: template.metadata.labels,
        ownerReferences: [controllerReference(deployment, "apps/v1", "Deployment")],
      },
      spec: { replicas: 0, ...(spec?.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}), selector, template },
    } as unknown as Live<ReplicaSet>;
    const created: DraftSet = { original: undefined, copy };
    copy.spec!.replicas = newReplicas(deployment, [...this.sets, created], created);
    annotateNewest(deployment, copy, revision, true);
    this.sets.push(created);
    this.newest = created;
    this.#setRevision(revision);
    if (hasProgressDeadline(deployment))
      this.condition("Progressing", "True", "NewReplicaSetCreated", `Created new replica set "${copy.metadata.name}"`);
    this.say(`a new template needs a new replica set, with ${copy.spec!.replicas} of ${wantedReplicas(deployment)}`);
  }

  /** The writes of all ReplicaSets that the pass made or changed. */
  writes(): Action[] {
    return [
      ...this.sets.filter((set) => !set.original).map((set) => this.#createAction(set)),
      ...this.sets.filter((set) => set.original).flatMap((set) => this.#updateAction(set)),
    ];
  }

  #createAction({ copy }: DraftSet): Action {
    const replicas = copy.spec?.replicas ?? 0;
    const message = `Scaled up replica set ${copy.metadata.name} from 0 to ${replicas}`;
    return {
      verb: "create",
      resource: "replicasets.apps",
      object: copy as Live<AnyObject>,
      tell: {
        about: this.deployment,
        succeeded: () => (replicas > 0 ? { type: "Normal", reason: "ScalingReplicaSet", message } : undefined),
        failed: (error) =>
          isNamespaceTerminating(error) || error.reason === "AlreadyExists"
            ? undefined
            : {
                type: "Warning",
                reason: "ReplicaSetCreateError",
                message: `Failed to create new replica set "${copy.metadata.name}": ${error.message}`,
              },
      },
    };
  }

  #updateAction({ original, copy }: DraftSet): Action[] {
    const from = original!.spec?.replicas ?? 1;
    const to = copy.spec?.replicas ?? 1;
    const annotations = (set: Live<ReplicaSet>): string =>
      JSON.stringify(Object.entries(set.metadata.annotations ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
    const { minReadySeconds = 0 } = copy.spec ?? {};
    if (from === to && annotations(original!) === annotations(copy) && minReadySeconds === (original!.spec?.minReadySeconds ?? 0))
      return [];
    if (from !== to) this.say(`replica set ${copy.metadata.name} from ${from} to ${to}`);
    const message = `Scaled ${from < to ? "up" : "down"} replica set ${copy.metadata.name} from ${from} to ${to}`;
    const told = from === to ? undefined : ({ type: "Normal", reason: "ScalingReplicaSet", message } as const);
    return [
      {
        verb: "update",
        resource: "replicasets.apps",
        object: copy as Live<AnyObject>,
        tell: { about: this.deployment, succeeded: () => told },
      },
    ];
  }
}

/** How large the newest set may be now: as far as the surge allows, and never more than wanted. */
export function newReplicas(deployment: Live<Deployment>, all: readonly DraftSet[], newest: DraftSet): number {
  const wanted = wantedReplicas(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - total(all);
  return room <= 0 ? size(newest) : size(newest) + Math.min(room, wanted - size(newest));
}
