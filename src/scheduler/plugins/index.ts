// The list of plugins, in the order they are asked. A new plugin is one file and one line here.
// Invariant: filters that cost least and exclude most stand first; the order is upstream's default profile.
// Called by: scheduler.ts. Next on the way: any one of them; nodeunschedulable.ts is the smallest.

import type { Plugin } from "../framework.ts";
import { imageLocality } from "./imagelocality.ts";
import { interPodAffinity } from "./interpodaffinity.ts";
import { nodeAffinity } from "./nodeaffinity.ts";
import { nodeName } from "./nodename.ts";
import { nodePorts } from "./nodeports.ts";
import { nodeResourcesFit } from "./noderesourcesfit.ts";
import { nodeUnschedulable } from "./nodeunschedulable.ts";
import { placementLimits } from "./placementlimits.ts";
import { podTopologySpread } from "./podtopologyspread.ts";
import { taintToleration } from "./tainttoleration.ts";

export const defaultPlugins: readonly Plugin[] = [
  placementLimits,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
  interPodAffinity,
  imageLocality,
];
