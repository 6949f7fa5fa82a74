// Conditions in a status: one entry a type, a transition time that moves only when the status does.
// Invariant: setting a condition never reorders the others; the same status twice keeps lastTransitionTime.
// Called by: controllers, kubelet, apiserver. Next on the way: kinds/.

export interface ConditionLike {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export function findCondition<C extends { type?: string }>(conditions: readonly C[] | undefined, type: string): C | undefined {
  // A loop, not `find`: a ReplicaSet of a thousand pods asks three thousand times whenever one of them changes.
  for (const condition of conditions ?? []) if (condition.type === type) return condition;
  return undefined;
}

export function isConditionTrue(conditions: readonly { type?: string; status?: string }[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/** A new list with `condition` set. The same list comes back if nothing changed. */
export function withCondition<C extends ConditionLike>(conditions: readonly C[], condition: C): readonly C[] {
  const index = conditions.findIndex((one) => one.type === condition.type);
  const old = conditions[index];
  if (!old) return [...conditions, condition];
  if (old.status === condition.status && old.reason === condition.reason && old.message === condition.message) return conditions;
  const kept =
    old.status === condition.status && old.lastTransitionTime !== undefined ? { lastTransitionTime: old.lastTransitionTime } : {};
  return conditions.with(index, { ...condition, ...kept });
}
