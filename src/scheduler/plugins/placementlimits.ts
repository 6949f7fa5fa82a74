// What this scheduler cannot honour yet keeps a pod pending, by name: better unscheduled than quietly misplaced.
// Invariant: only hard constraints are refused; preferences that nobody weighs do no harm.
// Called by: cycle.ts, first. Next on the way: a plugin for each of these, which then deletes its line here.

import type { Plugin, PodView } from "../framework.ts";

function unsupported(pod: PodView): string | undefined {
  const spec = pod.pod.spec;
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const terms = [...(spec?.affinity?.podAffinity?.[required] ?? []), ...(spec?.affinity?.podAntiAffinity?.[required] ?? [])];
  // An empty selector means every namespace; any other would need the namespaces' labels.
  const selects = terms.some(
    ({ namespaceSelector: one }) => one && (Object.keys(one.matchLabels ?? {}).length > 0 || (one.matchExpressions ?? []).length > 0),
  );
  if (selects) return "pod affinity by namespaceSelector";
  return (spec?.resourceClaims ?? []).length > 0 ? "spec.resourceClaims" : undefined;
}

export const placementLimits: Plugin = {
  name: "PlacementLimits",
  retryAfter: ["pod changed"],
  concerns: (pod) => unsupported(pod) !== undefined,
  filter(pod) {
    const field = unsupported(pod);
    return field ? [`node(s) cannot be checked, this scheduler does not support ${field}`] : undefined;
  },
  helpless: () => true,
};
