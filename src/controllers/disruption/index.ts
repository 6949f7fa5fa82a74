// The disruption controller: how many pods of each budget are healthy, how many must be, and how many may go now.
// Invariant: evictions lower what is allowed at once; this loop confirms them as the pods go, and forgets those that did not go in two minutes.
// Called by: ../index.ts, the list. Next on the way: apiserver's pods/eviction.

import {
  type Condition,
  isConditionTrue,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  scaledValue,
  selectorFromLabelSelector,
} from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { own, rfc3339 } from "#lib";
import { isDeepStrictEqual } from "node:util";
import { defineController, type World } from "../framework/define.ts";
import { isNotFound, nothing, type Plan } from "../framework/plan.ts";

const deletionTimeoutMs = 2 * 60_000;

interface SeenBudget {
  readonly saw: readonly Live<AnyObject>[];
  readonly budget: Live<PodDisruptionBudget>;
  readonly pods: readonly Live<Pod>[];
  /** How many pods their controllers want; undefined where one of them is unknown. */
  readonly scale: number | undefined;
}

function selects(budget: PodDisruptionBudget, pod: Live<AnyObject>): boolean {
  const { selector } = budget.spec ?? {};
  return selector !== undefined && selectorFromLabelSelector(selector).matches(pod.metadata.labels);
}

interface Scaled {
  spec?: { replicas?: number };
}

const kinds: Readonly<Record<string, string>> = {
  ReplicaSet: "replicasets.apps",
  StatefulSet: "statefulsets.apps",
  ReplicationController: "replicationcontrollers",
};

/** A ReplicaSet of a Deployment stands for the whole Deployment, so that a rollout does not count twice. */
function scaleOf(pod: Live<Pod>, world: World): { uid: string; replicas: number } | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  const resource = owner && own(kinds, owner.kind);
  if (!owner || resource === undefined) return undefined;
  const namespace = pod.metadata.namespace ?? "";
  const found = world.lister(resource).get(`${namespace}/${owner.name}`);
  if (!found || found.metadata.uid !== owner.uid) return undefined;
  const above = found.metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === "Deployment");
  const deployment = above && world.lister("deployments.apps").get(`${namespace}/${above.name}`);
  const scaled = deployment && deployment.metadata.uid === above.uid ? deployment : found;
  return { uid: scaled.metadata.uid, replicas: (scaled as Scaled).spec?.replicas ?? 0 };
}

function expectedScale(pods: readonly Live<Pod>[], world: World): number | undefined {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    // Pods of nobody are not counted.
    if (!pod.metadata.ownerReferences?.some(({ controller }) => controller)) continue;
    const scale = scaleOf(pod, world);
    if (!scale) return undefined;
    scales.set(scale.uid, scale.replicas);
  }
  return [...scales.values()].reduce((sum, one) => sum + one, 0);
}

function budgetsOfPod(pod: Live<AnyObject>, world: World): readonly string[] {
  const budgets = world.lister<PodDisruptionBudget>("poddisruptionbudgets.policy").byIndex("namespace", pod.metadata.namespace ?? "");
  return budgets.filter((budget) => selects(budget, pod)).map(keyOf);
}

/** A controller that is scaled concerns every budget of its namespace that counts by scale. */
function budgetsNear(object: Live<AnyObject>, world: World): readonly string[] {
  return world
    .lister<PodDisruptionBudget>("poddisruptionbudgets.policy")
    .byIndex("namespace", object.metadata.namespace ?? "")
    .map(keyOf);
}

export const disruption = defineController<SeenBudget>({
  name: "disruption-controller",
  watches: [
    { resource: "poddisruptionbudgets.policy", keys: (budget) => [keyOf(budget)] },
    { resource: "pods", keys: budgetsOfPod },
    { resource: "deployments.apps", keys: budgetsNear },
    { resource: "replicasets.apps", keys: budgetsNear },
    { resource: "statefulsets.apps", keys: budgetsNear },
    { resource: "replicationcontrollers", keys: budgetsNear },
  ],
  observe(key, world) {
    const budget = world.lister<PodDisruptionBudget>("poddisruptionbudgets.policy").get(key);
    if (!budget) return undefined;
    const pods = world.lister<Pod>("pods").byIndex("namespace", budget.metadata.namespace ?? "");
    const selected = pods.filter((pod) => selects(budget, pod));
    return { saw: [budget, ...selected], budget, pods: selected, scale: expectedScale(selected, world) };
  },
  plan: planBudget,
});

interface Wanted {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

function wantedOf({ budget, pods, scale }: SeenBudget): Wanted | undefined {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable === undefined && typeof minAvailable === "number") return { expectedPods: pods.length, desiredHealthy: minAvailable };
  if (maxUnavailable === undefined && minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 };
  if (scale === undefined) return undefined;
  if (maxUnavailable !== undefined) {
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - (scaledValue(maxUnavailable, scale, "up") ?? 0)) };
  }
  return { expectedPods: scale, desiredHealthy: scaledValue(minAvailable!, scale, "up") ?? 0 };
}

function conditionsOf(budget: Live<PodDisruptionBudget>, allowed: number, nowMs: number): Condition[] {
  const old = budget.status?.conditions ?? [];
  const [status, reason] = allowed > 0 ? ["True", "SufficientPods"] : ["False", "InsufficientPods"];
  const before = old.find(({ type }) => type === "DisruptionAllowed");
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : rfc3339(nowMs);
  const observedGeneration = budget.metadata.generation ?? 0;
  const condition = { type: "DisruptionAllowed", status, observedGeneration, lastTransitionTime, reason, message: "" } as Condition;
  return [...old.filter((one) => one !== before), condition];
}

export function planBudget(seen: SeenBudget, { nowMs }: { nowMs: number }): Plan {
  const { budget, pods } = seen;
  const wanted = wantedOf(seen);
  if (!wanted) return failSafe(budget, nowMs);
  const disruptedPods: Record<string, string> = {};
  let recheckMs = Infinity;
  for (const pod of pods) {
    const since = own(budget.status?.disruptedPods, pod.metadata.name);
    if (since === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const leftMs = Date.parse(since) + deletionTimeoutMs - nowMs;
    if (leftMs < 0) continue;
    disruptedPods[pod.metadata.name] = since;
    recheckMs = Math.min(recheckMs, leftMs + 1);
  }
  const going = (pod: Live<Pod>): boolean =>
    pod.metadata.deletionTimestamp !== undefined || Object.hasOwn(disruptedPods, pod.metadata.name);
  const currentHealthy = pods.filter((pod) => !going(pod) && isConditionTrue(pod.status?.conditions, "Ready")).length;
  const room = currentHealthy - wanted.desiredHealthy;
  const disruptionsAllowed = wanted.expectedPods <= 0 || room <= 0 ? 0 : room;
  const conditions = conditionsOf(budget, disruptionsAllowed, nowMs);
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
    disruptionsAllowed,
    currentHealthy,
    ...wanted,
    conditions,
  };
  const again = recheckMs === Infinity ? {} : { requeueAfterMs: recheckMs };
  if (isSame(budget.status, status)) return { ...nothing("the budget is as counted"), ...again };
  return { actions: [write(budget, status)], decision: `${currentHealthy} healthy of ${wanted.desiredHealthy} needed`, ...again };
}

function isSame(old: PodDisruptionBudgetStatus | undefined, now: PodDisruptionBudgetStatus): boolean {
  const shown = ({ disruptedPods, ...rest }: PodDisruptionBudgetStatus): object => ({ ...rest, disruptedPods: { ...disruptedPods } });
  return old !== undefined && isDeepStrictEqual(shown({ ...old }), shown(now));
}

function write(budget: Live<PodDisruptionBudget>, status: PodDisruptionBudgetStatus): Plan["actions"][number] {
  const object = { ...budget, status } as unknown as Live<AnyObject>;
  return { verb: "update", resource: "poddisruptionbudgets.policy", object, subresource: "status", tolerates: isNotFound };
}

/** Whose scale is unknown may not be disturbed. */
function failSafe(budget: Live<PodDisruptionBudget>, nowMs: number): Plan {
  if ((budget.status?.disruptionsAllowed ?? 0) === 0 && budget.status?.observedGeneration === budget.metadata.generation) {
    return nothing("a pod's controller is not known");
  }
  const status = {
    ...budget.status,
    observedGeneration: budget.metadata.generation ?? 0,
    disruptionsAllowed: 0,
    currentHealthy: budget.status?.currentHealthy ?? 0,
    desiredHealthy: budget.status?.desiredHealthy ?? 0,
    expectedPods: budget.status?.expectedPods ?? 0,
    conditions: conditionsOf(budget, 0, nowMs),
  };
  return { actions: [write(budget, status)], decision: "a pod's controller is not known" };
}
