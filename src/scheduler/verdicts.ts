// What plugins said of one node and one kind of pod, remembered: a thousand pods of one Deployment ask a thousand nodes the same.
// Invariant: a verdict is that of exactly this view of the node; views never change, so a node on which anything has changed is asked again.
//   With or without this memory decisions are the same.
// Called by: cycle.ts; the scheduler keeps it from one decision to the next. Next on the way: framework.ts, for what plugins may read.

import type { NodeRejection } from "./cycle.ts";
import type { NodeView, PodView } from "./framework.ts";

/** Several Deployments are scaled at once. Each shape keeps the views it knows, older ones too: more would be a burden. */
const shapesLimit = 8;

/** Everything a plugin may read of a pod without looking at other nodes. What it asks of its containers is in `requests` and `hostPorts`. */
export function shapeOf({ pod, requests, hostPorts }: PodView): string {
  const { containers: _, initContainers: __, ephemeralContainers: ___, volumes: ____, ...rest } = pod.spec ?? { containers: [] };
  return JSON.stringify([rest, [...requests], hostPorts]);
}

/** Of one shape. Positions are those in the list of nodes; where another node stands by now, nothing is known. */
export class Verdicts {
  readonly #views: NodeView[] = [];
  readonly #rejections: (NodeRejection | null)[] = [];
  readonly #scores = new Map<string, number[]>();

  /** Null: it fits. Undefined: nobody has asked. */
  rejection(position: number, node: NodeView): NodeRejection | null | undefined {
    return this.#views[position] === node ? this.#rejections[position] : undefined;
  }

  keep(position: number, node: NodeView, rejection: NodeRejection | null): void {
    this.#views[position] = node;
    this.#rejections[position] = rejection;
    for (const scores of this.#scores.values()) scores[position] = Number.NaN;
  }

  /** A plugin's scores by position; not a number where it has not been asked since the node changed. */
  scores(plugin: string): number[] {
    let scores = this.#scores.get(plugin);
    if (!scores) this.#scores.set(plugin, (scores = this.#views.map(() => Number.NaN)));
    return scores;
  }
}

export class VerdictMemory {
  readonly #shapes = new Map<string, Verdicts>();

  of(pod: PodView): Verdicts {
    const shape = shapeOf(pod);
    const known = this.#shapes.get(shape) ?? new Verdicts();
    // The one asked for longest ago goes first.
    this.#shapes.delete(shape);
    this.#shapes.set(shape, known);
    if (this.#shapes.size > shapesLimit) this.#shapes.delete(this.#shapes.keys().next().value!);
    return known;
  }
}
