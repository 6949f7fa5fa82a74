// `node class.ts guaranteed|besteffort`: the oom_score_adj that the node agent gives to a container of that class, on a node of 40 MiB.
// Invariant: asks the agent's own function; nothing is written down twice.
// Called by: night.sh beside it. Next on the way: src/kubelet/containers/resources.ts.

import type { Container, Pod } from "#api";
import { oomScoreAdj } from "#kubelet";

const limits = { cpu: "100m", memory: "32Mi" };
const container: Container = { name: "tenant", ...(process.argv[2] === "guaranteed" ? { resources: { limits } } : {}) };
const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "tenant" }, spec: { containers: [container] } };
console.log(oomScoreAdj(pod, container, 40 * 1024 ** 2));
