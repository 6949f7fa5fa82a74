// The second half of a decision: of the nodes that fit, the one that suits best.
// Invariant: the sum of all plugins' scores, each brought to 0 … 100 and weighted; among equals the seed decides, each as likely as the others.
// Called by: cycle.ts. Next on the way: plugins/noderesourcesfit.ts, whose score spreads pods.

import type { Prng } from "#lib";
import type { Ready } from "./cycle.ts";
import type { NodeView } from "./framework.ts";
import type { Verdicts } from "./verdicts.ts";

/** `feasible`: positions in `nodes`. What is known of their scores is not asked again. */
export function best(
  ready: readonly Ready[],
  nodes: readonly NodeView[],
  feasible: readonly number[],
  prng: Prng,
  known?: Verdicts,
): { node: NodeView; score: number } {
  const sums = feasible.map(() => 0);
  for (const one of feasible.length > 1 ? ready : []) {
    if (!one.score) continue;
    const { plugin } = one;
    const scores = one.alone ? known?.scores(plugin.name) : undefined;
    const raw = feasible.map((at) => {
      const before = scores?.[at];
      if (before !== undefined && !Number.isNaN(before)) return before;
      const score = one.score!(nodes[at]!);
      if (scores) scores[at] = score;
      return score;
    });
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
  return { node: nodes[feasible[chosen]!]!, score: sums[chosen]! };
}
