// The scheduler's picture of the cluster: every node with the pods on it, assumed ones included.
// Invariant: a pod is counted on at most one node; an assumed pod stays counted until its binding is seen or given up.
// Called by: scheduler.ts with what the informers tell. Next on the way: cycle.ts, which reads `nodes()`.

import { isDeepStrictEqual } from "node:util";
import type { Node, Pod } from "#api";
import { assert } from "#lib";
import { type FewNodes, fewOf, type NodeView, type PodView } from "./framework.ts";
import { viewNode, viewPod, withoutPod, withPod } from "./views.ts";

interface Placed {
  readonly view: PodView;
  readonly nodeName: string;
  readonly assumed: boolean;
}

/** To the plugins: they read of a placed pod its spec, but for the node's name, its labels, and whether it is leaving. */
function looksTheSame(a: Readonly<Pod>, b: Readonly<Pod>): boolean {
  return (
    a.metadata.generation !== undefined &&
    a.metadata.generation === b.metadata.generation &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    isDeepStrictEqual(a.metadata.labels, b.metadata.labels)
  );
}

const isOfTheFew = ({ podsWithTerms, images }: NodeView): boolean => podsWithTerms.length > 0 || images.size > 0;

export class Cluster {
  readonly #nodes = new Map<string, NodeView>();
  readonly #placed = new Map<string, Placed>();
  readonly #assumed = new Set<string>();
  /** Kept beside the map so that a cycle can start at an offset without copying. */
  #order: NodeView[] | undefined;
  #few: FewNodes | undefined;
  readonly #positions = new Map<string, number>();

  /** In a stable order; good until the next change. */
  nodes(): readonly NodeView[] {
    if (!this.#order) {
      this.#order = [...this.#nodes.values()];
      for (const [index, { name }] of this.#order.entries()) this.#positions.set(name, index);
    }
    return this.#order;
  }

  few(): FewNodes {
    return (this.#few ??= fewOf(this.nodes()));
  }

  /** Uids of pods that are assumed and not yet seen bound, for the decision record. */
  assumedUids(): string[] {
    return [...this.#assumed];
  }

  setNode(node: Readonly<Node>): void {
    let view = viewNode(node);
    const known = this.#nodes.get(view.name);
    // What is on a known node stays on it; a new one may come later than its pods.
    if (known) view = { ...view, requested: known.requested, podCount: known.podCount, hostPorts: known.hostPorts };
    else for (const placed of this.#placed.values()) if (placed.nodeName === view.name) view = withPod(view, placed.view);
    this.#set(view);
  }

  removeNode(name: string): void {
    this.#nodes.delete(name);
    this.#positions.clear();
    this.#order = undefined;
    this.#few = undefined;
  }

  /** A pod that the API says is bound and not finished. Confirms an assumption, or corrects it. */
  setBoundPod(pod: Readonly<Pod>): void {
    const nodeName = pod.spec?.nodeName ?? "";
    const known = this.#placed.get(pod.metadata.uid ?? "");
    // Most updates are statuses: the pod takes what it took, where it was.
    if (known?.nodeName !== nodeName || !looksTheSame(known.view.pod, pod)) {
      this.#place({ view: viewPod(pod), nodeName, assumed: false });
    } else if (known.assumed) {
      this.#placed.set(known.view.uid, { ...known, assumed: false });
      this.#assumed.delete(known.view.uid);
    }
  }

  assume(view: PodView, nodeName: string): void {
    assert(!this.#placed.has(view.uid), `pod ${view.key} is placed once`);
    this.#place({ view, nodeName, assumed: true });
  }

  /** The binding failed: the room is free again. A pod seen bound meanwhile stays. */
  forget(uid: string): void {
    if (this.#placed.get(uid)?.assumed) this.removePod(uid);
  }

  isPlaced(uid: string): boolean {
    return this.#placed.has(uid);
  }

  /** True if the pod took room that is now free. */
  removePod(uid: string): boolean {
    const placed = this.#placed.get(uid);
    if (!placed) return false;
    this.#placed.delete(uid);
    this.#assumed.delete(uid);
    const node = this.#nodes.get(placed.nodeName);
    if (node) this.#set(withoutPod(node, placed.view));
    return true;
  }

  #place(placed: Placed): void {
    this.removePod(placed.view.uid);
    this.#placed.set(placed.view.uid, placed);
    if (placed.assumed) this.#assumed.add(placed.view.uid);
    const node = this.#nodes.get(placed.nodeName);
    if (node) this.#set(withPod(node, placed.view));
  }

  #set(view: NodeView): void {
    const old = this.#nodes.get(view.name);
    if (isOfTheFew(view) || (old && isOfTheFew(old))) this.#few = undefined;
    this.#nodes.set(view.name, view);
    const position = this.#positions.get(view.name);
    if (!old || position === undefined) this.#order = undefined;
    else if (this.#order) this.#order[position] = view;
  }
}
