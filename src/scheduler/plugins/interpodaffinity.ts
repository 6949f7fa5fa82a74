// InterPodAffinity: pods that want to be near others, or far from them; and the others' wishes about this one.
// Invariant: required anti-affinity holds both ways: a pod that is there already keeps away whom it does not want.
// Called by: cycle.ts. Next on the way: imagelocality.ts.

import { own } from "#lib";
import { type AffinityTerm, type FewNodes, type NodeView, normalized, type Plugin, type PodView } from "../framework.ts";

export function termMatches(term: AffinityTerm, other: PodView): boolean {
  const { namespace = "", labels } = other.pod.metadata ?? {};
  return (term.namespaces === "all" || term.namespaces.has(namespace)) && !term.selector.empty && term.selector.matches(labels);
}

/** Places are pairs of a topology key and a value: all nodes of one zone are one place. */
class Places {
  readonly #counts = new Map<string, number>();

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  add(key: string, node: NodeView, count = 1): void {
    const place = placeOf(key, node);
    if (place !== undefined) this.#counts.set(place, (this.#counts.get(place) ?? 0) + count);
  }

  at(key: string, node: NodeView): number {
    const place = placeOf(key, node);
    return place === undefined ? 0 : (this.#counts.get(place) ?? 0);
  }
}

function placeOf(key: string, node: NodeView): string | undefined {
  const value = own(node.node.metadata?.labels, key);
  return value === undefined ? undefined : `${key}=${value}`;
}

const notNear = "node(s) didn't match pod affinity rules";
const tooNear = "node(s) didn't match pod anti-affinity rules";
const unwanted = "node(s) didn't satisfy existing pods anti-affinity rules";

interface Situation {
  /** Where pods are that match all the affinity terms together. */
  readonly near: Places;
  readonly far: Places;
  readonly forbidden: Places;
  readonly keys: ReadonlySet<string>;
}

function survey(pod: PodView, nodes: readonly NodeView[], { withTerms }: FewNodes): Situation {
  const situation = { near: new Places(), far: new Places(), forbidden: new Places(), keys: new Set<string>() };
  const { affinity = [], antiAffinity = [] } = pod.terms ?? {};
  for (const node of withTerms) {
    for (const other of node.podsWithTerms) {
      for (const term of other.terms!.antiAffinity) {
        if (!termMatches(term, pod)) continue;
        situation.forbidden.add(term.topologyKey, node);
        situation.keys.add(term.topologyKey);
      }
    }
  }
  for (const node of affinity.length + antiAffinity.length === 0 ? [] : nodes) {
    for (const other of node.pods) {
      if (affinity.length > 0 && affinity.every((term) => termMatches(term, other))) {
        for (const term of affinity) situation.near.add(term.topologyKey, node);
      }
      for (const term of antiAffinity) if (termMatches(term, other)) situation.far.add(term.topologyKey, node);
    }
  }
  return situation;
}

function refusal(pod: PodView, { near, far, forbidden, keys }: Situation, node: NodeView): readonly string[] | undefined {
  const { affinity = [], antiAffinity = [] } = pod.terms ?? {};
  if (affinity.some((term) => placeOf(term.topologyKey, node) === undefined)) return [notNear];
  if (affinity.some((term) => near.at(term.topologyKey, node) === 0)) {
    // The first of a group that wants to be together may go anywhere.
    const first = near.empty && affinity.every((term) => termMatches(term, pod));
    if (!first) return [notNear];
  }
  if (antiAffinity.some((term) => far.at(term.topologyKey, node) > 0)) return [tooNear];
  return [...keys].some((key) => forbidden.at(key, node) > 0) ? [unwanted] : undefined;
}

interface Attraction {
  readonly places: Places;
  readonly keys: ReadonlySet<string>;
}

/** Preferences of the pod, and of those that are there about it. Their required affinity counts one. */
function attraction(pod: PodView, nodes: readonly NodeView[], { withTerms }: FewNodes): Attraction | undefined {
  const places = new Places();
  const keys = new Set<string>();
  const add = (term: AffinityTerm, node: NodeView, weight: number): void => {
    places.add(term.topologyKey, node, weight);
    keys.add(term.topologyKey);
  };
  const mine = pod.terms?.preferred ?? [];
  for (const node of mine.length > 0 ? nodes : []) {
    for (const other of node.pods) for (const term of mine) if (termMatches(term, other)) add(term, node, term.weight);
  }
  for (const node of withTerms) {
    for (const other of node.podsWithTerms) {
      for (const term of other.terms!.preferred) if (termMatches(term, pod)) add(term, node, term.weight);
      for (const term of other.terms!.affinity) if (termMatches(term, pod)) add(term, node, 1);
    }
  }
  return keys.size === 0 ? undefined : { places, keys };
}

export const interPodAffinity: Plugin = {
  name: "InterPodAffinity",
  retryAfter: ["node added", "node changed", "pod removed", "pod changed"],
  weight: 2,
  prepare(pod, nodes, few) {
    if (few.withTerms.length === 0 && pod.terms === undefined) return undefined;
    const situation = survey(pod, nodes, few);
    const drawn = attraction(pod, nodes, few);
    const strict = situation.keys.size > 0 || (pod.terms?.affinity.length ?? 0) + (pod.terms?.antiAffinity.length ?? 0) > 0;
    if (!strict && !drawn) return undefined;
    return {
      ...(strict ? { filter: (node: NodeView) => refusal(pod, situation, node) } : {}),
      ...(drawn ? { score: (node: NodeView) => [...drawn.keys].reduce((sum, key) => sum + drawn.places.at(key, node), 0) } : {}),
    };
  },
  helpless: (_pod, _node, reasons) => reasons.includes(notNear),
  normalize: normalized.byRange,
};
