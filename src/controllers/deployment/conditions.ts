// Conditions of a Deployment, set as upstream sets them: by type, keeping the time of the last change of status.
// Invariant: the same status and reason again change nothing, not even the message; what changes goes to the end of the list.
// Called by: draft.ts, status.ts. `kubectl rollout status` and `kubectl wait` read them.

import type { DeploymentCondition } from "#api";
import { rfc3339 } from "#lib";

export function deploymentCondition(type: string, status: string, reason: string, message: string, nowMs: number): DeploymentCondition {
  const now = rfc3339(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

export function setCondition(
  conditions: readonly DeploymentCondition[] | undefined,
  condition: DeploymentCondition,
): DeploymentCondition[] {
  const known = conditions?.find((one) => one.type === condition.type);
  if (known && known.status === condition.status && known.reason === condition.reason) return [...conditions!];
  const kept =
    known?.status === condition.status && known.lastTransitionTime !== undefined ? { lastTransitionTime: known.lastTransitionTime } : {};
  return [...withoutCondition(conditions, condition.type), { ...condition, ...kept }];
}

export function withoutCondition(conditions: readonly DeploymentCondition[] | undefined, type: string): DeploymentCondition[] {
  return (conditions ?? []).filter((one) => one.type !== type);
}
