// A Deployment's status: counts summed over its ReplicaSets, Available, and Progressing with its deadline.
// Invariant: `observedGeneration` is the generation that the pass looked at; reasons and messages are upstream's.
// Called by: plan.ts at the end of every pass. `kubectl rollout status` waits for what is written here.

import type { Deployment, DeploymentCondition, DeploymentStatus } from "#api";
import type { Live } from "#client";
import { available, type Draft, type DraftSet, size } from "./draft.ts";
import { deploymentCondition, setCondition, withoutCondition } from "./conditions.ts";
import { hasProgressDeadline, maxUnavailable, wantedReplicas } from "./fenceposts.ts";

type Counts = "replicas" | "readyReplicas";

const sum = (sets: readonly DraftSet[], name: Counts): number => sets.reduce((all, set) => all + (set.copy.status?.[name] ?? 0), 0);

export function countStatus(draft: Draft): DeploymentStatus {
  const { deployment, sets, newest, nowMs } = draft;
  const availableReplicas = sets.reduce((all, set) => all + available(set), 0);
  const wantedInAll = sets.reduce((all, set) => all + size(set), 0);
  const terminating = sets.map(
    (set) => set.copy.status?.terminatingReplicas ?? ((set.copy.status?.observedGeneration ?? 0) === 0 ? 0 : undefined),
  );
  const enough = availableReplicas >= wantedReplicas(deployment) - maxUnavailable(deployment);
  const condition = enough
    ? deploymentCondition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", nowMs)
    : deploymentCondition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", nowMs);
  return {
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    replicas: sum(sets, "replicas"),
    updatedReplicas: newest ? sum([newest], "replicas") : 0,
    readyReplicas: sum(sets, "readyReplicas"),
    availableReplicas,
    unavailableReplicas: Math.max(0, wantedInAll - availableReplicas),
    ...(terminating.includes(undefined) ? {} : { terminatingReplicas: terminating.reduce<number>((all, one) => all + one!, 0) }),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
    conditions: setCondition(deployment.status?.conditions, condition),
  };
}

/** All wanted Pods are of the new template and available, and no other is left. */
export function isComplete(deployment: Live<Deployment>, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  return (
    updatedReplicas === wanted &&
    replicas === wanted &&
    availableReplicas === wanted &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const grew = (name: "updatedReplicas" | "readyReplicas" | "availableReplicas"): boolean => (after[name] ?? 0) > (before[name] ?? 0);
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return grew("updatedReplicas") || old(after) < old(before) || grew("readyReplicas") || grew("availableReplicas");
}

/** The counts, and what they say about the rollout's progress. `before` is the status as it stood when the pass began. */
export function rolloutStatus(draft: Draft, before: DeploymentStatus): DeploymentStatus {
  const { deployment, newest } = draft;
  const status = countStatus(draft);
  const current = draft.deployment.status?.conditions?.find((one) => one.type === "Progressing");
  if (!hasProgressDeadline(deployment)) status.conditions = withoutCondition(status.conditions, "Progressing");
  else if (!(status.replicas === status.updatedReplicas && current?.reason === "NewReplicaSetAvailable")) {
    const subject = newest ? `ReplicaSet "${newest.copy.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
    status.conditions = progress(draft, before, status, current, (what) => `${subject} ${what}`);
  }
  const failure = replicaFailure(draft);
  status.conditions = failure ? setCondition(status.conditions, failure) : withoutCondition(status.conditions, "ReplicaFailure");
  return status;
}

function progress(
  draft: Draft,
  before: DeploymentStatus,
  status: DeploymentStatus,
  current: DeploymentCondition | undefined,
  say: (what: string) => string,
): DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  const set = (value: string, reason: string, what: string): DeploymentCondition[] =>
    setCondition(conditions, deploymentCondition("Progressing", value, reason, say(what), draft.nowMs));
  if (isComplete(draft.deployment, status)) return set("True", "NewReplicaSetAvailable", "has successfully progressed.");
  if (hasProgressed(before, status)) {
    const condition = deploymentCondition("Progressing", "True", "ReplicaSetUpdated", say("is progressing."), draft.nowMs);
    // Progress for the same reason still moves lastUpdateTime: the deadline counts from there.
    const kept =
      current?.status === "True" && current.lastTransitionTime !== undefined ? { lastTransitionTime: current.lastTransitionTime } : {};
    return [...withoutCondition(conditions, "Progressing"), { ...condition, ...kept }];
  }
  return timedOut(draft, current) ? set("False", "ProgressDeadlineExceeded", "has timed out progressing.") : conditions;
}

function timedOut({ deployment, nowMs }: Draft, current: DeploymentCondition | undefined): boolean {
  if (!current || current.reason === "NewReplicaSetAvailable") return false;
  if (current.reason === "ProgressDeadlineExceeded") return true;
  return Date.parse(current.lastUpdateTime ?? "") + deployment.spec!.progressDeadlineSeconds! * 1000 < nowMs;
}

/** When to look again because the deadline may have passed; undefined when there is nothing to wait for. */
export function progressCheckMs({ deployment, nowMs }: Draft, status: DeploymentStatus): number | undefined {
  const current = status.conditions?.find((one) => one.type === "Progressing");
  if (!hasProgressDeadline(deployment) || !current || isComplete(deployment, status)) return undefined;
  if (current.reason === "ProgressDeadlineExceeded" || current.reason === "NewReplicaSetAvailable") return undefined;
  // Times in conditions are whole seconds: a second more, so that the next look is surely past the deadline.
  return Math.max(0, Date.parse(current.lastUpdateTime ?? "") + deployment.spec!.progressDeadlineSeconds! * 1000 - nowMs) + 1000;
}

/** The newest set's failure before any other's. */
function replicaFailure({ newest, sets }: Draft): DeploymentCondition | undefined {
  for (const set of [newest, ...sets]) {
    const failure = set?.copy.status?.conditions?.find((one) => one.type === "ReplicaFailure");
    if (failure) return { ...failure, ...(failure.lastTransitionTime === undefined ? {} : { lastUpdateTime: failure.lastTransitionTime }) };
  }
  return undefined;
}

/** Equal for whoever reads it: an absent count is zero. */
export function sameDeploymentStatus(a: DeploymentStatus, b: DeploymentStatus): boolean {
  const counts = [
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
  ] as const;
  if (a.terminatingReplicas !== b.terminatingReplicas || a.collisionCount !== b.collisionCount) return false;
  const conditions = (status: DeploymentStatus): string =>
    JSON.stringify(
      (status.conditions ?? []).map((one) => [one.type, one.status, one.reason, one.message, one.lastUpdateTime, one.lastTransitionTime]),
    );
  return counts.every((name) => (a[name] ?? 0) === (b[name] ?? 0)) && conditions(a) === conditions(b);
}
