// The scheduler's vocabulary: what a pod asks for, what a node offers, what a plugin may say about the two.
// Invariant: views are computed once per revision of their object; plugins are pure functions of views, without clock or I/O.
// Called by: cycle.ts for every (pod, node) pair. Next on the way: plugins/index.ts, the list.

import type { Node, Pod, Selector, Taint, Toleration } from "#api";
import type { Resources } from "./resources.ts";

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** One term of pod affinity: which pods, and within what. */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly namespaces: ReadonlySet<string> | "all";
}

export interface WeightedTerm extends AffinityTerm {
  /** Negative for what the pod would rather keep away from. */
  readonly weight: number;
}

export interface AffinityTerms {
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly preferred: readonly WeightedTerm[];
}

/** A pod as the plugins see it. */
export interface PodView {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly pod: Readonly<Pod>;
  readonly requests: Resources;
  readonly tolerations: readonly Toleration[];
  readonly hostPorts: readonly HostPort[];
  readonly priority: number;
  /** Undefined for the many pods that say nothing about others. */
  readonly terms: AffinityTerms | undefined;
}

/** A node with everything that is placed on it, assumed pods included. */
export interface NodeView {
  readonly name: string;
  readonly resourceVersion: string;
  readonly node: Readonly<Node>;
  readonly allocatable: Resources;
  readonly requested: Resources;
  readonly podCount: number;
  readonly taints: readonly Taint[];
  readonly hostPorts: readonly HostPort[];
  readonly pods: readonly PodView[];
  /** Those of `pods` that say something about other pods. */
  readonly podsWithTerms: readonly PodView[];
  /** Image name → bytes, of what is there already. */
  readonly images: ReadonlyMap<string, number>;
}

/** Those of all nodes that have what most have not: who looks for it need not walk through a thousand. */
export interface FewNodes {
  readonly withTerms: readonly NodeView[];
  readonly withImages: readonly NodeView[];
}

export function fewOf(nodes: readonly NodeView[]): FewNodes {
  return {
    withTerms: nodes.filter((node) => node.podsWithTerms.length > 0),
    withImages: nodes.filter((node) => node.images.size > 0),
  };
}

/** What may make a pod schedulable that a plugin has turned down. */
export type ClusterChange = "node added" | "node changed" | "pod removed" | "pod changed";

export interface Plugin {
  /** Upstream's name of the plugin. */
  readonly name: string;
  /** The changes after which a pod that failed here is worth another look. */
  readonly retryAfter: readonly ClusterChange[];
  /** Whether it has anything to say about this pod, whatever the node; absent: always. Asked once per decision, and not again for a thousand nodes. */
  concerns?(pod: PodView): boolean;
  /** For what needs a look at all nodes: once per decision. Undefined: this pod is none of the plugin's business. */
  prepare?(pod: PodView, nodes: readonly NodeView[], few: FewNodes): Prepared | undefined;
  /**
   * Reasons why the node is out, in upstream's words; undefined when it fits. Like `score`, it reads of the pod only what `shapeOf` (verdicts.ts) names:
   * pods of one shape share their verdicts.
   */
  filter?(pod: PodView, node: NodeView): readonly string[] | undefined;
  /** Whether no eviction could make the node fit. */
  helpless?(pod: PodView, node: NodeView, reasons: readonly string[]): boolean;
  /** How well the node suits; 0 to 100 once it is normalized. */
  score?(pod: PodView, node: NodeView): number;
  /** Brings the scores of all fitting nodes between 0 and 100; absent where they are that already. */
  normalize?(scores: readonly number[]): readonly number[];
  /** The weight of `score` in the sum; 1 where absent. */
  readonly weight?: number;
}

/** A plugin that knows the pod and all nodes. */
export interface Prepared {
  filter?(node: NodeView): readonly string[] | undefined;
  score?(node: NodeView): number;
}

export const normalized = {
  /** The best gets 100, nothing stays nothing. */
  toMost: (scores: readonly number[]): readonly number[] => {
    const most = Math.max(...scores);
    return most === 0 ? scores : scores.map((score) => (score * 100) / most);
  },
  /** Scores are complaints: none is 100, the most is 0. */
  fromMost: (scores: readonly number[]): readonly number[] => {
    const most = Math.max(...scores);
    return scores.map((score) => (most === 0 ? 100 : 100 - (score * 100) / most));
  },
  /** The least gets 0, the most 100. */
  byRange: (scores: readonly number[]): readonly number[] => {
    const [least, most] = [Math.min(...scores), Math.max(...scores)];
    return scores.map((score) => (most === least ? 0 : ((score - least) * 100) / (most - least)));
  },
};
