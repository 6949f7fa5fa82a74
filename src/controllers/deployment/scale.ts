// Scaling a Deployment in the middle of a rollout, or while it is paused: every ReplicaSet grows or shrinks in proportion.
// Invariant: the sum of all changes is exactly the difference; what rounding leaves goes to the largest set.
// Called by: plan.ts. Next on the way: rollout.ts, which takes over when the size has settled.

import type { DraftSet } from "./draft.ts";
import { active, available, byCreation, type Draft, size, total } from "./draft.ts";
import { desiredReplicas, maxReplicas } from "./annotations.ts";
import { hasHistoryLimit, isRollingUpdate, maxSurge, wantedReplicas } from "./fenceposts.ts";
import { isNotFound, targetOf } from "../framework/plan.ts";
import { revisionOf } from "./annotations.ts";

/** Somebody changed `spec.replicas` since the sets were last scaled. */
export function isScalingEvent(draft: Draft): boolean {
  return active([...draft.old, draft.newest]).some((set) => {
    const desired = desiredReplicas(set.copy);
    return desired !== undefined && desired !== wantedReplicas(draft.deployment);
  });
}

export function scaleInProportion(draft: Draft): void {
  const wanted = wantedReplicas(draft.deployment);
  const only = activeOrLatest(draft);
  if (only) {
    draft.scale(only, wanted);
    return;
  }
  if (isSaturated(draft, draft.newest)) {
    for (const set of active(draft.old)) draft.scale(set, 0);
    return;
  }
  if (!isRollingUpdate(draft.deployment)) return;
  const sets = active([...draft.old, draft.newest]);
  const allowed = wanted > 0 ? wanted + maxSurge(draft.deployment) : 0;
  const toAdd = allowed - total(sets);
  // Growing favours the newer of two equal sets, shrinking takes from the older one first.
  sets.sort((a, b) => size(b) - size(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)));
  let added = 0;
  const sizes = sets.map((set) => {
    const part = proportion(draft, set, toAdd, added);
    added += part;
    return size(set) + part;
  });
  if (toAdd !== 0 && sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  for (const [index, set] of sets.entries()) draft.scale(set, sizes[index]!, true);
}

/** The only set with Pods, or the newest when none has any: then there is nothing to spread. */
function activeOrLatest(draft: Draft): DraftSet | undefined {
  const all = active([...draft.old, draft.newest]);
  if (all.length > 1) return undefined;
  return all[0] ?? draft.newest ?? draft.old.toSorted(byCreation).at(-1);
}

function isSaturated(draft: Draft, newest: DraftSet | undefined): boolean {
  const wanted = wantedReplicas(draft.deployment);
  return newest !== undefined && size(newest) === wanted && desiredReplicas(newest.copy) === wanted && available(newest) === wanted;
}

function proportion(draft: Draft, set: DraftSet, toAdd: number, added: number): number {
  if (size(set) === 0 || toAdd === 0 || toAdd === added) return 0;
  const share = fraction(draft, set);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}

function fraction({ deployment }: Draft, set: DraftSet): number {
  const wanted = wantedReplicas(deployment);
  if (wanted === 0) return -size(set);
  const before = maxReplicas(set.copy) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  const exact = (size(set) * (wanted + maxSurge(deployment))) / before;
  return Math.floor(exact + 0.5) - size(set);
}

/** Deletes old, empty sets beyond the history limit, the oldest revisions first. */
export function cleanUp(draft: Draft): void {
  if (!hasHistoryLimit(draft.deployment)) return;
  const alive = draft.old.filter((set) => set.original && set.copy.metadata.deletionTimestamp === undefined);
  const surplus = alive.length - (draft.deployment.spec?.revisionHistoryLimit ?? 0);
  if (surplus <= 0) return;
  alive.sort((a, b) => revisionOf(a.copy) - revisionOf(b.copy) || byCreation(a, b));
  for (const { copy } of alive.slice(0, surplus)) {
    const { generation = 0 } = copy.metadata;
    if ((copy.status?.replicas ?? 0) !== 0 || (copy.spec?.replicas ?? 1) !== 0 || generation > (copy.status?.observedGeneration ?? 0))
      continue;
    draft.actions.push({ verb: "delete", resource: "replicasets.apps", target: targetOf(copy), tolerates: isNotFound });
    draft.say("an old revision beyond the history limit goes");
  }
}
