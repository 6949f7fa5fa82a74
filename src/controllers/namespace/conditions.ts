// The five conditions of a namespace that is being deleted: `kubectl get ns -o yaml` tells by them why it hangs.
// Invariant: all five are always there, in upstream's order and words; a condition that is well says so too.
// Called by: plan.ts.

import type { ApiError, Namespace, NamespaceCondition } from "#api";
import type { Live } from "#client";
import { rfc3339 } from "#lib";
import type { Content } from "./plan.ts";

const well: readonly (readonly [type: string, reason: string, message: string])[] = [
  ["NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"],
  ["NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
  ["NamespaceDeletionContentFailure", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
  ["NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"],
  ["NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"],
];

export function namespaceConditions(
  before: readonly NamespaceCondition[],
  left: readonly Content[],
  error: ApiError | undefined,
  nowMs: number,
): NamespaceCondition[] {
  const trouble = troubles(left, error);
  const conditions = [...before];
  for (const [type, reason, message] of well) {
    const now = trouble.get(type);
    const index = conditions.findIndex((one) => one.type === type);
    const old = conditions[index];
    const status = now ? "True" : "False";
    const lastTransitionTime = old?.status === status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : rfc3339(nowMs);
    const condition = { type, status, lastTransitionTime, reason: now?.reason ?? reason, message: now?.message ?? message };
    if (old) conditions[index] = condition;
    else conditions.push(condition);
  }
  return conditions;
}

function troubles(left: readonly Content[], error: ApiError | undefined): Map<string, { reason: string; message: string }> {
  const found = new Map<string, { reason: string; message: string }>();
  if (error) {
    const message = `Failed to delete all resource types, 1 remaining: ${error.message}`;
    found.set("NamespaceDeletionContentFailure", { reason: "ContentDeletionFailed", message });
  }
  const remaining = left.filter((one) => one.objects.length > 0);
  if (remaining.length > 0) {
    const list = remaining.map(({ info, objects }) => `${info.resource}.${info.group} has ${objects.length} resource instances`).sort();
    found.set("NamespaceContentRemaining", { reason: "SomeResourcesRemain", message: `Some resources are remaining: ${list.join(", ")}` });
  }
  const finalizers = new Map<string, number>();
  for (const object of remaining.flatMap((one) => one.objects)) {
    for (const finalizer of object.metadata.finalizers ?? []) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }
  if (finalizers.size > 0) {
    const list = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort();
    const message = `Some content in the namespace has finalizers remaining: ${list.join(", ")}`;
    found.set("NamespaceFinalizersRemaining", { reason: "SomeFinalizersRemain", message });
  }
  return found;
}

export function sameConditions(namespace: Live<Namespace>, status: { phase: string; conditions: readonly NamespaceCondition[] }): boolean {
  return (
    namespace.status?.phase === status.phase && JSON.stringify(namespace.status.conditions ?? []) === JSON.stringify(status.conditions)
  );
}
