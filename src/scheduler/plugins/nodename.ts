// NodeName: a pod that names its node gets that one or none.
// Invariant: such a pod normally never meets the scheduler; the plugin keeps a recomputed verdict honest.
// Called by: cycle.ts. Next on the way: nodeaffinity.ts.

import type { Plugin } from "../framework.ts";

export const nodeName: Plugin = {
  name: "NodeName",
  retryAfter: ["node added"],
  concerns: (pod) => Boolean(pod.pod.spec?.nodeName),
  filter(pod, node) {
    const wanted = pod.pod.spec?.nodeName;
    return !wanted || wanted === node.name ? undefined : ["node(s) didn't match the requested node name"];
  },
  helpless: () => true,
};
