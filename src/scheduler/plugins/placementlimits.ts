// What this scheduler cannot honour yet keeps a pod pending, by name: better unscheduled than quietly misplaced.
// Invariant: only hard constraints are refused; preferences that nobody weighs do no harm.
// Called by: cycle.ts, first. Next on the way: a plugin for each of these, which then deletes its line here.

import type { Plugin, PodView } from "../framework.ts";

function unsupported(pod: PodView): string | undefined {
  const spec = pod.pod.spec;
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  if ((spec?.affinity?.podAffinity?.[required] ?? []).length > 0) return `spec.affinity.podAffinity.${required}`;
  if ((spec?.affinity?.podAntiAffinity?.[required] ?? []).length > 0) return `spec.affinity.podAntiAffinity.${required}`;
  if ((spec?.topologySpreadConstraints ?? []).some((one) => one.whenUnsatisfiable === "DoNotSchedule")) {
    return "spec.topologySpreadConstraints with whenUnsatisfiable DoNotSchedule";
  }
  return (spec?.resourceClaims ?? []).length > 0 ? "spec.resourceClaims" : undefined;
}

export const placementLimits: Plugin = {
  name: "PlacementLimits",
  retryAfter: ["pod changed"],
  filter(pod) {
    const field = unsupported(pod);
    return field ? [`node(s) cannot be checked, this scheduler does not support ${field}`] : undefined;
  },
};
