// The two strategies: RollingUpdate, one safe step a pass, and Recreate, which first takes everything down.
// Invariant: a rolling step never leaves fewer than wanted − maxUnavailable available Pods by its own doing, nor more than wanted + maxSurge.
// Called by: plan.ts. Next on the way: status.ts.

import type { Pod } from "#api";
import type { Live } from "#client";
import { isPodTerminal } from "../pods.ts";
import { active, available, byCreation, type Draft, type DraftSet, newReplicas, size, total } from "./draft.ts";
import { maxUnavailable, wantedReplicas } from "./fenceposts.ts";
import { cleanUp } from "./scale.ts";
import { isComplete } from "./status.ts";

export function rollOut(draft: Draft): void {
  draft.syncRevision(true);
  if (scaleUpNewest(draft) || scaleDownOld(draft)) return;
  if (isComplete(draft.deployment, draft.deployment.status ?? {})) cleanUp(draft);
}

function scaleUpNewest(draft: Draft): boolean {
  const newest = draft.newest!;
  const wanted = wantedReplicas(draft.deployment);
  if (size(newest) === wanted) return false;
  return draft.scale(newest, size(newest) > wanted ? wanted : newReplicas(draft.deployment, draft.sets, newest));
}

function scaleDownOld(draft: Draft): boolean {
  const old = active(draft.old).sort(byCreation);
  if (old.length === 0) return false;
  const newest = draft.newest!;
  const least = wantedReplicas(draft.deployment) - maxUnavailable(draft.deployment);
  // Pods of the new set that are not available yet count as missing: else a broken template would take the working Pods away.
  const most = total([...draft.old, newest]) - least - (size(newest) - available(newest));
  if (most <= 0) return false;
  const unhealthy = scaleDownUnhealthy(draft, old, most);
  return scaleDownAvailable(draft, old, newest, least) || unhealthy;
}

/** Pods that do not work are taken first: that cannot make anything less available. */
function scaleDownUnhealthy(draft: Draft, old: readonly DraftSet[], most: number): boolean {
  let left = most;
  for (const set of old) {
    const count = Math.min(left, size(set) - available(set));
    if (count <= 0) continue;
    draft.scale(set, size(set) - count);
    left -= count;
  }
  return left < most;
}

function scaleDownAvailable(draft: Draft, old: readonly DraftSet[], newest: DraftSet, least: number): boolean {
  const ready = [...old, newest].reduce((sum, set) => sum + available(set), 0);
  let left = Math.max(0, ready - least);
  let scaled = false;
  for (const set of old) {
    const count = Math.min(left, size(set));
    if (count <= 0) continue;
    scaled = draft.scale(set, size(set) - count) || scaled;
    left -= count;
  }
  return scaled;
}

export function recreate(draft: Draft, podsOf: (set: DraftSet) => readonly Live<Pod>[]): void {
  draft.syncRevision(false);
  const old = active(draft.old);
  for (const set of old) draft.scale(set, 0);
  if (old.length > 0) return draft.say("the old template's Pods go first");
  const running = draft.old.some((set) => (set.copy.status?.replicas ?? 0) > 0 || podsOf(set).some((pod) => !isPodTerminal(pod)));
  if (running) return draft.say("Pods of the old template are still running");
  if (!draft.newest) draft.syncRevision(true);
  draft.scale(draft.newest!, wantedReplicas(draft.deployment));
  if (isComplete(draft.deployment, draft.deployment.status ?? {})) cleanUp(draft);
}
