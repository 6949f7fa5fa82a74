// Cluster roles that are sums of others: whoever carries the wanted labels adds its rules.
// Invariant: the rules of a sum are those of its parts, each once, in the order of the parts' names; nothing else writes them.
// Called by: index.ts, the list. Next on the way: apiserver/authz, which sees only the sum.

import { type ClusterRole, type PolicyRule, selectorFromLabelSelector } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { isDeepStrictEqual } from "node:util";
import { defineController } from "./framework/define.ts";
import { isNotFound, nothing, type Plan } from "./framework/plan.ts";

interface SeenRole {
  readonly saw: readonly Live<AnyObject>[];
  readonly role: Live<ClusterRole>;
  readonly parts: readonly Live<ClusterRole>[];
}

const resource = "clusterroles.rbac.authorization.k8s.io";
const isSum = (role: Live<AnyObject>): boolean => (role as unknown as ClusterRole).aggregationRule !== undefined;

function takes(sum: ClusterRole, labels: Readonly<Record<string, string>> | undefined): boolean {
  return (sum.aggregationRule?.clusterRoleSelectors ?? []).some((selector) => selectorFromLabelSelector(selector).matches(labels));
}

export const clusterRoleAggregation = defineController<SeenRole>({
  name: "clusterrole-aggregation-controller",
  watches: [
    {
      resource,
      keys(changed, world) {
        const sums = world.lister<ClusterRole>(resource).list().filter(isSum);
        const concerned = sums.filter((sum) => takes(sum, changed.metadata.labels) || sum.metadata.name === changed.metadata.name);
        return concerned.map(keyOf);
      },
    },
  ],
  observe(key, world) {
    const role = world.lister<ClusterRole>(resource).get(key);
    if (!role || !isSum(role)) return undefined;
    const others = world.lister<ClusterRole>(resource).list();
    const parts = others.filter((one) => one.metadata.name !== key && takes(role, one.metadata.labels));
    parts.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return { saw: [role, ...parts], role, parts };
  },
  plan: planSum,
});

export function planSum({ role, parts }: SeenRole): Plan {
  const rules: PolicyRule[] = [];
  for (const rule of parts.flatMap((part) => part.rules ?? [])) {
    if (!rules.some((had) => isDeepStrictEqual(had, rule))) rules.push(rule);
  }
  if (isDeepStrictEqual(rules, role.rules ?? [])) return nothing("the sum is right");
  const object = { ...role, rules } as unknown as Live<AnyObject>;
  return { actions: [{ verb: "update", resource, object, tolerates: isNotFound }], decision: `${parts.length} roles make the sum` };
}
