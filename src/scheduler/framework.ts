// The scheduler's vocabulary: what a pod asks for, what a node offers, what a plugin may say about the two.
// Invariant: views are computed once per revision of their object; plugins are pure functions of views, without clock or I/O.
// Called by: cycle.ts for every (pod, node) pair. Next on the way: plugins/index.ts, the list.

import type { Node, Pod, Taint, Toleration } from "#api";
import type { Resources } from "./resources.ts";

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
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
}

/** What may make a pod schedulable that a plugin has turned down. */
export type ClusterChange = "node added" | "node changed" | "pod removed" | "pod changed";

export interface Plugin {
  /** Upstream's name of the plugin. */
  readonly name: string;
  /** The changes after which a pod that failed here is worth another look. */
  readonly retryAfter: readonly ClusterChange[];
  /** Reasons why the node is out, in upstream's words; undefined when it fits. */
  filter?(pod: PodView, node: NodeView): readonly string[] | undefined;
  /** How well the node suits: 0 to 100. */
  score?(pod: PodView, node: NodeView): number;
  /** The weight of `score` in the sum; 1 where absent. */
  readonly weight?: number;
}
