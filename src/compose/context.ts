// What every part of a cluster is handed when it starts: its folder, its capabilities, and the facts its needs told.
// Invariant: one clock, one source of chance, one log and one span file per process.
// Called by: cmd/part.ts. Next on the way: control-plane.ts, node.ts, simulated-nodes.ts.

import type { Clock, Log, MetricRegistry, Prng } from "#lib";
import type { SpanFile } from "./files.ts";
import type { Facts } from "./part.ts";
import type { ClusterSettings } from "./state/folder.ts";
import type { StatePaths } from "./state/paths.ts";

export interface PartContext {
  readonly paths: StatePaths;
  readonly settings: ClusterSettings;
  readonly facts: Facts;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly spans: SpanFile;
  readonly progress: (text: string) => void;
}
