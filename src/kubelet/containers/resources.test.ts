// Requests and limits as numbers of control groups, and who is killed first: a table.
// Invariant shown: the conversions are upstream's; a guaranteed pod is killed last, one that asked for nothing first.
// Called by: npm test; lab 13 takes a minus sign away and expects it to notice.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod } from "#api";
import { cpuShares, linuxResources } from "./resources.ts";

const node = 1000 * 1024 * 1024;
const cases: readonly { name: string; resources: Container["resources"]; want: object }[] = [
  { name: "nothing asked for: first to go", resources: {}, want: { cpuShares: 2, oomScoreAdj: 1000 } },
  {
    name: "limits alone are requests too: guaranteed",
    resources: { limits: { cpu: "100m", memory: "32Mi" } },
    want: { cpuShares: 102, oomScoreAdj: -997, cpuPeriod: 100_000, cpuQuota: 10_000, memoryLimitInBytes: 33_554_432 },
  },
  {
    name: "a quarter of the node's memory: a quarter less likely",
    resources: { requests: { memory: "250Mi" } },
    want: { cpuShares: 2, oomScoreAdj: 750 },
  },
  {
    name: "all of it: still before whatever is guaranteed",
    resources: { requests: { memory: "1000Mi" } },
    want: { cpuShares: 2, oomScoreAdj: 3 },
  },
  { name: "a request too small to count", resources: { requests: { cpu: "1m" } }, want: { cpuShares: 2, oomScoreAdj: 999 } },
  {
    name: "less than a millisecond of each period is a millisecond",
    resources: { requests: { cpu: "2" }, limits: { cpu: "1m" } },
    want: { cpuShares: 2048, oomScoreAdj: 999, cpuPeriod: 100_000, cpuQuota: 1000 },
  },
];
for (const { name, resources, want } of cases) {
  test(`resources of a container: ${name}`, () => {
    const container: Container = { name: "main", ...(resources ? { resources } : {}) };
    const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [container] } };
    assert.deepEqual(linuxResources(pod, container, node), want);
  });
}

test("shares have a least and a most", () => assert.deepEqual([0, 1, 1000, 1e9].map(cpuShares), [2, 2, 1024, 262_144]));
