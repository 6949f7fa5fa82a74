// PodTopologySpread: pods of a kind spread evenly over zones, nodes or whatever else nodes are labelled with.
// Invariant: a hard constraint never lets one domain be more than maxSkew ahead of the emptiest; a soft one only scores.
// Called by: cycle.ts. Next on the way: interpodaffinity.ts.

import { requiredNodeHolds, type Selector, selectorFromLabelSelector, toleratesAll, type TopologySpreadConstraint } from "#api";
import { own } from "#lib";
import { type NodeView, normalized, type Plugin, type PodView } from "../framework.ts";

interface Constraint {
  readonly key: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: Selector;
  /** The pod itself counts where it goes. */
  readonly self: number;
  /** Domain → matching pods there. */
  readonly counts: ReadonlyMap<string, number>;
}

const labelOf = (node: NodeView, key: string): string | undefined => own(node.node.metadata?.labels, key);

function selectorOf(pod: PodView, { labelSelector, matchLabelKeys }: TopologySpreadConstraint): Selector {
  const more = (matchLabelKeys ?? []).flatMap((key) => {
    const value = own(pod.pod.metadata?.labels, key);
    return value === undefined ? [] : [{ key, operator: "In", values: [value] }];
  });
  const expressions = [...(labelSelector?.matchExpressions ?? []), ...more];
  return selectorFromLabelSelector(labelSelector && { ...labelSelector, matchExpressions: expressions });
}

/** Nodes that the pod could not use anyway do not count as empty domains. */
function counts(constraint: TopologySpreadConstraint, pod: PodView, node: NodeView): boolean {
  const { nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore" } = constraint;
  if (nodeAffinityPolicy === "Honor" && !requiredNodeHolds(pod.pod.spec, { name: node.name, labels: node.node.metadata?.labels }))
    return false;
  return nodeTaintsPolicy !== "Honor" || toleratesAll(pod.tolerations, node.taints, ["NoSchedule", "NoExecute"]);
}

function view(pod: PodView, nodes: readonly NodeView[], when: string): Constraint[] {
  const all = (pod.pod.spec?.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === when);
  const keys = all.map((one) => one.topologyKey);
  const complete = all.length === 0 ? [] : nodes.filter((node) => keys.every((key) => labelOf(node, key) !== undefined));
  return all.map((one) => {
    const selector = selectorOf(pod, one);
    const domains = new Map<string, number>();
    for (const node of complete) {
      if (!counts(one, pod, node)) continue;
      const domain = labelOf(node, one.topologyKey)!;
      domains.set(domain, (domains.get(domain) ?? 0) + matching(selector, pod, node));
    }
    const self = selector.matches(pod.pod.metadata?.labels) ? 1 : 0;
    return { key: one.topologyKey, maxSkew: one.maxSkew, minDomains: one.minDomains ?? 1, selector, self, counts: domains };
  });
}

function matching(selector: Selector, pod: PodView, node: NodeView): number {
  if (selector.empty) return 0;
  let count = 0;
  for (const { pod: other } of node.pods) {
    if (other.metadata?.namespace !== pod.pod.metadata?.namespace || other.metadata?.deletionTimestamp !== undefined) continue;
    if (selector.matches(other.metadata?.labels)) count++;
  }
  return count;
}

const unevenly = "node(s) didn't match pod topology spread constraints";
const unlabelled = `${unevenly} (missing required label)`;

function refusal(hard: readonly Constraint[], node: NodeView): readonly string[] | undefined {
  for (const { key, maxSkew, minDomains, self, counts: domains } of hard) {
    const domain = labelOf(node, key);
    if (domain === undefined) return [unlabelled];
    const least = domains.size < minDomains ? 0 : Math.min(...domains.values());
    const skew = (domains.get(domain) ?? 0) + self - (Number.isFinite(least) ? least : 0);
    if (skew > maxSkew) return [unevenly];
  }
  return undefined;
}

export const podTopologySpread: Plugin = {
  name: "PodTopologySpread",
  retryAfter: ["node added", "node changed", "pod removed", "pod changed"],
  weight: 2,
  prepare(pod, nodes) {
    if ((pod.pod.spec?.topologySpreadConstraints ?? []).length === 0) return undefined;
    const hard = view(pod, nodes, "DoNotSchedule");
    const soft = view(pod, nodes, "ScheduleAnyway");
    return {
      ...(hard.length > 0 ? { filter: (node: NodeView) => refusal(hard, node) } : {}),
      ...(soft.length > 0 ? { score: (node: NodeView) => crowd(soft, node) } : {}),
    };
  },
  helpless: (_pod, _node, reasons) => reasons.includes(unlabelled),
  normalize: normalized.fromMost,
};

/** How full the node's domains are; more domains weigh more. A node without the label is as bad as the fullest. */
function crowd(soft: readonly Constraint[], node: NodeView): number {
  return soft.reduce((sum, { key, maxSkew, counts: domains }) => {
    const domain = labelOf(node, key);
    const here = domain === undefined ? Math.max(0, ...domains.values()) + 1 : (domains.get(domain) ?? 0);
    return sum + here * Math.log(domains.size + 2) + (maxSkew - 1);
  }, 0);
}
