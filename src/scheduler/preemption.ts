// Preemption: whom to evict so that a more important pod fits, and the words when nobody can be.
// Invariant: only pods of lower priority go, and of those no more than must; pure, like the decision before it.
// Called by: scheduler.ts, after a decision without a node. Next on the way: binder.ts, which evicts and nominates.

import { type CycleInput, filterNode, type Rejection } from "./cycle.ts";
import type { NodeView, PodView } from "./framework.ts";
import { countedReasons } from "./message.ts";
import { withoutPod, withPod } from "./views.ts";

export interface Preemption {
  readonly node: string;
  readonly victims: readonly PodView[];
}

export type PreemptionResult = Preemption | { readonly node: undefined; readonly message: string };

/** Large clusters are not searched whole. */
const maxCandidates = 100;

export function preempt(input: CycleInput, rejection: Rejection): PreemptionResult {
  const { pod } = input;
  const none = (message: string): PreemptionResult => ({ node: undefined, message });
  if (pod.pod.spec?.preemptionPolicy === "Never") return none("not eligible due to preemptionPolicy=Never.");
  const candidates: Preemption[] = [];
  for (const node of rejection.helpable) {
    const victims = victimsOn(input, node);
    if (victims) candidates.push({ node: node.name, victims });
    if (candidates.length === maxCandidates) break;
  }
  // Somebody is leaving already, for this pod or not: what they leave may be enough.
  if (candidates.some(({ victims }) => victims.every((one) => one.pod.metadata?.deletionTimestamp !== undefined))) {
    return none("not eligible due to a terminating pod on the nominated node.");
  }
  const chosen = candidates.sort(leastHarm)[0];
  if (chosen) return chosen;
  const helpless = rejection.evaluatedNodes - rejection.helpable.length;
  const reasons = new Map<string, number>();
  if (rejection.helpable.length > 0) reasons.set("No preemption victims found for incoming pod", rejection.helpable.length);
  if (helpless > 0) reasons.set("Preemption is not helpful for scheduling", helpless);
  return none(countedReasons(rejection.evaluatedNodes, reasons));
}

/** The pods that have to go; undefined when even all lesser ones together would not do. */
function victimsOn({ pod, nodes, plugins }: CycleInput, node: NodeView): readonly PodView[] | undefined {
  const lesser = node.pods.filter((one) => one.priority < pod.priority);
  if (lesser.length === 0) return undefined;
  const index = nodes.indexOf(node);
  const fits = (changed: NodeView): boolean => !filterNode(plugins, pod, changed, nodes.with(index, changed));
  let left = lesser.reduce(withoutPod, node);
  if (!fits(left)) return undefined;
  const victims: PodView[] = [];
  // The most important ones are spared first, of equals the oldest.
  for (const one of lesser.toSorted((a, b) => b.priority - a.priority || born(a) - born(b))) {
    const spared = withPod(left, one);
    if (fits(spared)) left = spared;
    else victims.push(one);
  }
  return victims;
}

const born = (view: PodView): number => Date.parse(view.pod.metadata?.creationTimestamp ?? "") || 0;
const sum = (victims: readonly PodView[]): number => victims.reduce((total, one) => total + one.priority, 0);
const highest = (victims: readonly PodView[]): number => Math.max(...victims.map((one) => one.priority));

/** The least important victims, then the fewest, then those that started last. */
function leastHarm(a: Preemption, b: Preemption): number {
  return (
    highest(a.victims) - highest(b.victims) ||
    sum(a.victims) - sum(b.victims) ||
    a.victims.length - b.victims.length ||
    Math.min(...b.victims.map(born)) - Math.min(...a.victims.map(born))
  );
}
