// A container's requests and limits as cgroup numbers.
// Invariant: pure; the conversions are upstream's: 1024 shares a core, a quota in a period of 100 ms, at least 2 shares and 1 ms.
// Called by: config.ts. Next on the way: config.ts.

import { type Container, type Pod, Quantity } from "#api";
import type { LinuxContainerResources } from "#cri";
import { own } from "#lib";
import { qosClass } from "../status/qos.ts";

const periodMicros = 100_000;
const leastShares = 2;
const leastQuotaMicros = 1000;

const milli = (map: Readonly<Record<string, string>> | undefined, name: string): number => {
  const text = own(map, name);
  return text === undefined ? 0 : Number(Quantity.parse(text).milli());
};
const bytes = (map: Readonly<Record<string, string>> | undefined, name: string): number => Math.ceil(milli(map, name) / 1000);

export function cpuShares(milliCpu: number): number {
  return milliCpu === 0 ? leastShares : Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), leastShares), 262_144);
}

/** Who is killed first when memory runs out: the less of the node a container asked for, the sooner. */
export function oomScoreAdj(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const score = 1000 - Math.floor((1000 * bytes(container.resources?.requests, "memory")) / Math.max(nodeMemoryBytes, 1));
  return Math.min(Math.max(score, 3), 999);
}

export function linuxResources(pod: Pod, container: Container, nodeMemoryBytes: number): LinuxContainerResources {
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = milli(limits, "cpu");
  const cpuRequest = own(requests, "cpu") === undefined ? cpuLimit : milli(requests, "cpu");
  const memoryLimitInBytes = bytes(limits, "memory");
  return {
    cpuShares: cpuShares(cpuRequest),
    oomScoreAdj: oomScoreAdj(pod, container, nodeMemoryBytes),
    ...(cpuLimit > 0
      ? { cpuPeriod: periodMicros, cpuQuota: Math.max(Math.floor((cpuLimit * periodMicros) / 1000), leastQuotaMicros) }
      : {}),
    ...(memoryLimitInBytes > 0 ? { memoryLimitInBytes } : {}),
  };
}
