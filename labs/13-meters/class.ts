// The oom_score_adj that the node agent gives to a container that has declared all, and to one that has declared nothing, on a node of 40 MiB.
// Invariant: asks the agent's own function; nothing is written down twice.
// Called by: night.sh beside it. Next on the way: src/kubelet/containers/resources.ts.

import type { Container, Pod } from "#api";
import { oomScoreAdj } from "#kubelet";

function scoreOf(declared: object): number {
  const container: Container = { name: "tenant", ...declared };
  const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "tenant" }, spec: { containers: [container] } };
  return oomScoreAdj(pod, container, 40 * 1024 ** 2);
}

console.log(`guaranteed ${scoreOf({ resources: { limits: { cpu: "100m", memory: "32Mi" } } })}`);
console.log(`besteffort ${scoreOf({})}`);
