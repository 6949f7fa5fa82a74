// Whether a node suits a pod by its labels and taints: what the scheduler asks, and who runs a pod on every node.
// Invariant: pure; selector AND required terms must hold, terms are alternatives, expressions within one term all hold.
// Called by: scheduler/plugins, controllers/daemonset, kubelet admission. Next on the way: scheduler/plugins/nodeaffinity.ts.

import { own } from "#lib";
import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration } from "../machinery/types.gen.ts";

export interface NodeFacts {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
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

export function nodeTermHolds(term: NodeSelectorTerm, node: NodeFacts): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  // An empty term selects nothing. (API documentation of NodeSelectorTerm)
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((one) => holds(one, own(node.labels, one.key))) &&
    fields.every((one) => holds(one, one.key === "metadata.name" ? node.name : undefined))
  );
}

/** The pod's nodeSelector and its required node affinity. */
export function requiredNodeHolds(spec: Pick<PodSpec, "nodeSelector" | "affinity"> | undefined, node: NodeFacts): boolean {
  for (const [key, value] of Object.entries(spec?.nodeSelector ?? {})) if (own(node.labels, key) !== value) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || (required.nodeSelectorTerms ?? []).some((term) => nodeTermHolds(term, node));
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  // Without a key only `Exists` makes sense, and then it means every taint.
  if (!toleration.key && toleration.operator !== "Exists") return false;
  return toleration.operator === "Exists" || (toleration.value ?? "") === (taint.value ?? "");
}

export function toleratesAll(
  tolerations: readonly Toleration[] | undefined,
  taints: readonly Taint[] | undefined,
  effects: readonly string[],
): boolean {
  return (taints ?? []).every((taint) => !effects.includes(taint.effect) || tolerations?.some((one) => tolerates(one, taint)) === true);
}
