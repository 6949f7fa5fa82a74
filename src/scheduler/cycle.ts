// One scheduling decision: which node suits this pod, or why none does. The heart of the scheduler, and a pure function.
// Invariant: the same pod, nodes, offset and seed give the same decision, so that a verdict can be recomputed on request.
// Called by: scheduler.ts, `dhow why`, tests. Next on the way: message.ts for the words, scheduler.ts for the binding.

import { type Prng, seededPrng } from "#lib";
import type { NodeView, Plugin, PodView } from "./framework.ts";

export interface CycleInput {
  readonly pod: PodView;
  readonly nodes: readonly NodeView[];
  readonly plugins: readonly Plugin[];
  /** Where in `nodes` the search begins: successive pods start at different nodes, so that none is favoured. */
  readonly offset: number;
  /** Decides between nodes of equal score. */
  readonly seed: number;
}

export interface Placement {
  readonly node: string;
  readonly evaluatedNodes: number;
  readonly feasibleNodes: number;
  readonly score: number;
}

export interface Rejection {
  readonly node: undefined;
  readonly evaluatedNodes: number;
  /** Reason in upstream's words → number of nodes it keeps out. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Names of the plugins that turned a node down: they say what is worth waiting for. */
  readonly plugins: ReadonlySet<string>;
}

export type Decision = Placement | Rejection;

const minFeasibleNodes = 100;
const minFeasiblePercent = 5;

/** How many fitting nodes are enough: all of a small cluster, a share of a large one. (upstream: percentageOfNodesToScore) */
export function enoughFeasibleNodes(nodeCount: number): number {
  if (nodeCount < minFeasibleNodes) return nodeCount;
  const percent = Math.max(50 - Math.floor(nodeCount / 125), minFeasiblePercent);
  return Math.max(Math.floor((nodeCount * percent) / 100), minFeasibleNodes);
}

/** The first plugin that turns the node down decides; its reasons are counted. */
export function filterNode(
  plugins: readonly Plugin[],
  pod: PodView,
  node: NodeView,
): { plugin: string; reasons: readonly string[] } | undefined {
  for (const plugin of plugins) {
    const reasons = plugin.filter?.(pod, node);
    if (reasons) return { plugin: plugin.name, reasons };
  }
  return undefined;
}

export function scoreNode(plugins: readonly Plugin[], pod: PodView, node: NodeView): number {
  let sum = 0;
  for (const plugin of plugins) if (plugin.score) sum += plugin.score(pod, node) * (plugin.weight ?? 1);
  return sum;
}

function best(input: CycleInput, feasible: readonly NodeView[], prng: Prng): { node: NodeView; score: number } {
  let chosen = feasible[0]!;
  let score = Number.NEGATIVE_INFINITY;
  let ties = 0;
  for (const node of feasible) {
    const its = scoreNode(input.plugins, input.pod, node);
    if (its > score) {
      chosen = node;
      score = its;
      ties = 1;
    } else if (its === score && prng.between(1, ++ties) === 1) chosen = node;
  }
  return { node: chosen, score };
}

export function decide(input: CycleInput): Decision {
  const { pod, nodes, plugins, offset } = input;
  const enough = enoughFeasibleNodes(nodes.length);
  const feasible: NodeView[] = [];
  const reasons = new Map<string, number>();
  const turnedDownBy = new Set<string>();
  let evaluatedNodes = 0;
  for (; evaluatedNodes < nodes.length && feasible.length < enough; evaluatedNodes += 1) {
    const node = nodes[(offset + evaluatedNodes) % nodes.length]!;
    const rejection = filterNode(plugins, pod, node);
    if (!rejection) {
      feasible.push(node);
      continue;
    }
    turnedDownBy.add(rejection.plugin);
    for (const reason of rejection.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) return { node: undefined, evaluatedNodes, reasons, plugins: turnedDownBy };
  const { node, score } = best(input, feasible, seededPrng(input.seed));
  return { node: node.name, evaluatedNodes, feasibleNodes: feasible.length, score };
}
