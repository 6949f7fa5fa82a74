// NodeAffinity: nodeSelector and node affinity, required and preferred.
// Invariant: selector AND required terms must hold; terms are alternatives, expressions within one term all hold.
// Called by: cycle.ts. Next on the way: nodeports.ts.

import type { NodeSelectorRequirement, NodeSelectorTerm } from "#api";
import { own } from "#lib";
import type { NodeView, Plugin, PodView } from "../framework.ts";

type Lookup = (key: string) => string | undefined;

function holds(requirement: NodeSelectorRequirement, lookup: Lookup): boolean {
  const value = lookup(requirement.key);
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function termHolds(term: NodeSelectorTerm, node: NodeView): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  // An empty term selects nothing. (API documentation of NodeSelectorTerm)
  if (expressions.length === 0 && fields.length === 0) return false;
  const label: Lookup = (key) => own(node.node.metadata?.labels, key);
  const field: Lookup = (key) => (key === "metadata.name" ? node.name : undefined);
  return expressions.every((one) => holds(one, label)) && fields.every((one) => holds(one, field));
}

function requiredHolds(pod: PodView, node: NodeView): boolean {
  const selector = pod.pod.spec?.nodeSelector ?? {};
  for (const [key, value] of Object.entries(selector)) if (own(node.node.metadata?.labels, key) !== value) return false;
  const required = pod.pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || (required.nodeSelectorTerms ?? []).some((term) => termHolds(term, node));
}

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  retryAfter: ["node added", "node changed", "pod changed"],
  weight: 2,
  filter(pod, node) {
    return requiredHolds(pod, node) ? undefined : ["node(s) didn't match Pod's node affinity/selector"];
  },
  score(pod, node) {
    const preferred = pod.pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const total = preferred.reduce((sum, one) => sum + one.weight, 0);
    if (total === 0) return 0;
    const won = preferred.reduce((sum, one) => sum + (termHolds(one.preference, node) ? one.weight : 0), 0);
    return (won / total) * 100;
  },
};
