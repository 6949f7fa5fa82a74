// One scheduling decision: which node suits this pod, or why none does. The heart of the scheduler, and a pure function.
// Invariant: the same pod, nodes, offset and seed give the same decision, so that a verdict can be recomputed on request.
// Called by: scheduler.ts, `dhow why`, tests. Next on the way: message.ts for the words, scheduler.ts for the binding.

import { seededPrng } from "#lib";
import { best } from "./best.ts";
import { type FewNodes, fewOf, type NodeView, type Plugin, type PodView } from "./framework.ts";
import type { VerdictMemory, Verdicts } from "./verdicts.ts";

export interface CycleInput {
  readonly pod: PodView;
  readonly nodes: readonly NodeView[];
  readonly plugins: readonly Plugin[];
  /** Where in `nodes` the search begins: successive pods start at different nodes, so that none is favoured. */
  readonly offset: number;
  /** Decides between nodes of equal score. */
  readonly seed: number;
  /** Those of `nodes`, where the caller knows them. */
  readonly few?: FewNodes;
  /** Spares plugins what they were asked before; changes no decision. */
  readonly memory?: VerdictMemory;
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
export interface Ready {
  readonly plugin: Plugin;
  /** It looks at the pod and one node, at nothing else. */
  readonly alone: boolean;
  filter?(node: NodeView): readonly string[] | undefined;
  score?(node: NodeView): number;
}

function prepareAll(plugins: readonly Plugin[], pod: PodView, nodes: readonly NodeView[], few = fewOf(nodes)): readonly Ready[] {
  return plugins.flatMap((plugin): Ready[] => {
    if (plugin.concerns?.(pod) === false) return [];
    if (plugin.prepare) {
      const prepared = plugin.prepare(pod, nodes, few);
      return prepared ? [{ ...prepared, plugin, alone: false }] : [];
    }
    return [
      {
        plugin,
        alone: true,
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

/** The same for one node after the other; what depends on pod and node alone is remembered. */
function rejections(ready: readonly Ready[], pod: PodView, known: Verdicts | undefined) {
  const compares = ready.findIndex((one) => !one.alone && one.filter !== undefined);
  const [alone, comparing] = compares < 0 ? [ready, []] : [ready.slice(0, compares), ready.slice(compares)];
  return (at: number, node: NodeView): NodeRejection | undefined => {
    const before = known?.rejection(at, node);
    const verdict = before === undefined ? (rejectionOf(alone, pod, node) ?? null) : before;
    if (before === undefined) known?.keep(at, node, verdict);
    return verdict ?? rejectionOf(comparing, pod, node);
  };
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

export function decide(input: CycleInput): Decision {
  const { pod, nodes, plugins, offset } = input;
  const enough = enoughFeasibleNodes(nodes.length);
  const feasible: number[] = [];
  const reasons = new Map<string, number>();
  const turnedDownBy = new Set<string>();
  const helpable: NodeView[] = [];
  const ready = prepareAll(plugins, pod, nodes, input.few);
  const known = input.memory?.of(pod);
  const rejection = rejections(ready, pod, known);
  let evaluatedNodes = 0;
  for (; evaluatedNodes < nodes.length && feasible.length < enough; evaluatedNodes += 1) {
    const at = (offset + evaluatedNodes) % nodes.length;
    const node = nodes[at]!;
    const rejected = rejection(at, node);
    if (!rejected) {
      feasible.push(at);
      continue;
    }
    turnedDownBy.add(rejected.plugin);
    if (!rejected.helpless) helpable.push(node);
    for (const reason of rejected.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (feasible.length === 0) return { node: undefined, evaluatedNodes, reasons, plugins: turnedDownBy, helpable };
  const { node, score } = best(ready, nodes, feasible, seededPrng(input.seed), known);
  return { node: node.name, evaluatedNodes, feasibleNodes: feasible.length, score };
}
