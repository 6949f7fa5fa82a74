// The Deployment's plan: one step of its rollout, and the status that tells how far it is.
// Invariant: pure; a pass takes one safe step, and the ReplicaSets' new counts wake the next one.
// Called by: the loop, by way of index.ts. Next on the way: draft.ts, then rollout.ts or scale.ts, then status.ts.

import type { ApiError, Deployment, DeploymentStatus, Pod, ReplicaSet } from "#api";
import type { AnyObject, Live } from "#client";
import { own } from "#lib";
import { claim } from "../claim.ts";
import { type Action, isNamespaceTerminating, nothing, type Plan } from "../framework/plan.ts";
import { revisionAnnotation } from "./annotations.ts";
import { deploymentCondition, setCondition } from "./conditions.ts";
import { Draft } from "./draft.ts";
import { hasProgressDeadline } from "./fenceposts.ts";
import { rollBack, rollbackTo } from "./rollback.ts";
import { recreate, rollOut } from "./rollout.ts";
import { cleanUp, isScalingEvent, scaleInProportion } from "./scale.ts";
import { countStatus, progressCheckMs, rolloutStatus, sameDeploymentStatus } from "./status.ts";
import { sameTemplate } from "./template.ts";

export interface SeenDeployment {
  readonly saw: readonly Live<AnyObject>[];
  readonly deployment: Live<Deployment>;
  /** The Deployment's own ReplicaSets, and the namespace's orphans. */
  readonly sets: readonly Live<ReplicaSet>[];
  /** Whatever already bears the name that the new template's ReplicaSet would get. */
  readonly namesake: Live<ReplicaSet> | undefined;
  /** By the uid of the ReplicaSet. */
  podsOf(uid: string): readonly Live<Pod>[];
}

export function planDeployment(seen: SeenDeployment, { nowMs }: { nowMs: number }): Plan {
  const { deployment } = seen;
  const selector = deployment.spec?.selector;
  if (Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0)
    return planSelectingAll(deployment);
  const owner = { resource: "deployments.apps", apiVersion: "apps/v1", kind: "Deployment", object: deployment, selector };
  const { claimed, actions: claims } = claim(owner, "replicasets.apps", seen.sets);
  const draft = new Draft(deployment, claimed, nowMs);
  if (deployment.metadata.deletionTimestamp !== undefined) {
    draft.syncRevision(false);
    return {
      actions: claims,
      finish: () => statusAction(deployment, draft, countStatus(draft)),
      decision: "being deleted: only the status is kept",
    };
  }
  if (isCollision(seen, draft)) return planCollision(deployment, draft);
  notePause(draft);
  const rollback = rollbackTo(draft);
  if (draft.deployment.spec?.paused !== true && rollback !== undefined) {
    rollBack(draft, rollback);
    return { actions: [...claims, ...draft.actions], decision: draft.said.join("; ") };
  }
  const rolling = step(seen, draft);
  const status = rolling ? rolloutStatus(draft, deployment.status ?? {}) : countStatus(draft);
  const actions = [...claims, ...draft.writes(), ...draft.actions];
  const requeueAfterMs = rolling ? progressCheckMs(draft, status) : undefined;
  return {
    actions,
    finish: (error) => (error ? failed(deployment, draft, error) : statusAction(deployment, draft, status)),
    decision: draft.said.length === 0 ? "as wanted" : draft.said.join("; "),
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}

/** True for a step of a rollout, false when only the size was looked after. */
function step(seen: SeenDeployment, draft: Draft): boolean {
  const paused = draft.deployment.spec?.paused === true;
  if (paused || isScalingEvent(draft)) {
    draft.say(paused ? "paused" : "the wanted number of replicas has changed");
    draft.syncRevision(false);
    scaleInProportion(draft);
    if (paused) cleanUp(draft);
    return false;
  }
  if (draft.deployment.spec?.strategy?.type === "Recreate")
    recreate(draft, (set) => (set.original ? seen.podsOf(set.original.metadata.uid) : []));
  else rollOut(draft);
  return true;
}

/** A pause stops the deadline's clock: the condition says so when it begins and when it ends. */
function notePause(draft: Draft): void {
  const { deployment } = draft;
  const reason = deployment.status?.conditions?.find((one) => one.type === "Progressing")?.reason;
  if (!hasProgressDeadline(deployment) || reason === "ProgressDeadlineExceeded") return;
  const paused = deployment.spec?.paused === true;
  if (paused && reason !== "DeploymentPaused") draft.condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused");
  if (!paused && reason === "DeploymentPaused") draft.condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed");
}

function planSelectingAll(deployment: Live<Deployment>): Plan {
  const message = "This deployment is selecting all pods. A non-empty selector is required.";
  const told: Action = { verb: "event", about: deployment, type: "Warning", reason: "SelectingAll", message };
  const { generation = 0 } = deployment.metadata;
  if ((deployment.status?.observedGeneration ?? 0) >= generation) return { ...nothing("selects all Pods"), actions: [told] };
  const object = { ...deployment, status: { ...deployment.status, observedGeneration: generation } };
  return {
    actions: [told, { verb: "update", resource: "deployments.apps", subresource: "status", object: object as Live<AnyObject> }],
    decision: "selects all Pods",
  };
}

/** Another template, or another owner, already has the name: the next hash will be another one. */
function isCollision({ namesake }: SeenDeployment, draft: Draft): boolean {
  if (!namesake || draft.newest) return false;
  const ours = namesake.metadata.ownerReferences?.some((one) => one.controller === true && one.uid === draft.deployment.metadata.uid);
  return !(ours === true && sameTemplate(namesake.spec?.template, draft.deployment.spec?.template));
}

function planCollision(deployment: Live<Deployment>, draft: Draft): Plan {
  const status: DeploymentStatus = { ...draft.deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
  return {
    actions: [],
    finish: () => statusAction(deployment, draft, status),
    decision: "the new replica set's name is taken: another hash is needed",
  };
}

/** The ReplicaSet could not be created: said in the condition, unless the namespace is going away or somebody was faster. */
function failed(deployment: Live<Deployment>, draft: Draft, error: ApiError): readonly Action[] {
  const created = draft.sets.find((set) => set.original === undefined);
  if (!created || !hasProgressDeadline(deployment) || isNamespaceTerminating(error) || error.reason === "AlreadyExists") return [];
  const message = `Failed to create new replica set "${created.copy.metadata.name}": ${error.message}`;
  const condition = deploymentCondition("Progressing", "False", "ReplicaSetCreateError", message, draft.nowMs);
  const status = { ...deployment.status, conditions: setCondition(deployment.status?.conditions, condition) };
  return statusAction(deployment, new Draft(deployment, [], draft.nowMs), status);
}

/** Status and revision go in one write: the annotation may be changed along with the status. */
function statusAction(deployment: Live<Deployment>, draft: Draft, status: DeploymentStatus): readonly Action[] {
  const revision = (object: Live<Deployment>): string | undefined => own(object.metadata.annotations, revisionAnnotation);
  if (sameDeploymentStatus(deployment.status ?? {}, status) && revision(deployment) === revision(draft.deployment)) return [];
  const object = { ...draft.deployment, status };
  return [{ verb: "update", resource: "deployments.apps", subresource: "status", object: object as Live<AnyObject> }];
}
