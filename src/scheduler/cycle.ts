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
  /** Nodes that might fit if somebody left. */
  readonly helpable: readonly NodeView[];
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

/** The plugins that have something to say about this pod, with what they need to know of all nodes. */
interface Ready {
  readonly plugin: Plugin;
  filter?(node: NodeView): readonly string[] | undefined;
  score?(node: NodeView): number;
}

function prepareAll(plugins: readonly Plugin[], pod: PodView, nodes: readonly NodeView[]): readonly Ready[] {
  return plugins.flatMap((plugin): Ready[] => {
    if (plugin.concerns?.(pod) === false) return [];
    if (plugin.prepare) {
      const prepared = plugin.prepare(pod, nodes);
      return prepared ? [{ ...prepared, plugin }] : [];
    }
    return [
      {
        plugin,
        ...(plugin.filter ? { filter: (node) => plugin.filter!(pod, node) } : {}),
        ...(plugin.score ? { score: (node) => plugin.score!(pod, node) } : {}),
      },
    ];
  });
}

export interface NodeRejection {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** No eviction could help. */
  readonly helpless: boolean;
}

/** The first plugin that turns the node down decides; its reasons are counted. */
function rejectionOf(ready: readonly Ready[], pod: PodView, node: NodeView): NodeRejection | undefined {
  for (const one of ready) {
    const { plugin } = one;
    const reasons = one.filter?.(node);
    if (reasons) return { plugin: plugin.name, reasons, helpless: plugin.helpless?.(pod, node, reasons) ?? false };
  }
  return undefined;
}

/** One node's verdict. `nodes`: all of them, for the plugins that compare. */
export function filterNode(
  plugins: readonly Plugin[],
  pod: PodView,
  node: NodeView,
  nodes: readonly NodeView[] = [node],
): NodeRejection | undefined {
  return rejectionOf(prepareAll(plugins, pod, nodes), pod, node);
}

function best(ready: readonly Ready[], feasible: readonly NodeView[], prng: Prng): { node: NodeView; score: number } {
  const sums = feasible.map(() => 0);
  for (const one of feasible.length > 1 ? ready : []) {
    if (!one.score) continue;
    const { plugin } = one;
    const raw = feasible.map((node) => one.score!(node));
    const values = plugin.normalize?.(raw) ?? raw;
    const weight = plugin.weight ?? 1;
    // Four hundred nodes for each pod: an iterator's pairs would be most of what a decision allocates.
    for (let index = 0; index < sums.length; index++) sums[index]! += values[index]! * weight;
  }
  let chosen = 0;
  let ties = 1;
  for (let index = 1; index < sums.length; index++) {
    if (sums[index]! > sums[chosen]!) {
      chosen = index;
      ties = 1;
    } else if (sums[index] === sums[chosen] && prng.between(1, ++ties) === 1) chosen = index;
  }
  return { node: feasible[chosen]!, score: sums[chosen]! };
}

export function decide(input: CycleInput): Decision {
  const { pod, nodes, plugins, offset } = input;
  const enough = enoughFeasibleNodes(nodes.length);
  const feasible: NodeView[] = [];
  const reasons = new Map<string, number>();
  const turnedDownBy = new Set<string>();
  const helpable: NodeView[] = [];
  const ready = prepareAll(plugins, pod, nodes);
  let evaluatedNodes = 0;
  for (; evaluatedNodes < nodes.length && feasible.length < enough; evaluatedNodes += 1) {
    const node = nodes[(offset + evaluatedNodes) % nodes.length]!;
    const rejection = rejectionOf(ready, pod, node);
    if (!rejection) {
      feasible.push(node);
      continue;
    }
    turnedDownBy.add(rejection.plugin);
    if (!rejection.helpless) helpable.push(node);
    for (const reason of rejection.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) return { node: undefined, evaluatedNodes, reasons, plugins: turnedDownBy, helpable };
  const { node, score } = best(ready, feasible, seededPrng(input.seed));
  return { node: node.name, evaluatedNodes, feasibleNodes: feasible.length, score };
}
