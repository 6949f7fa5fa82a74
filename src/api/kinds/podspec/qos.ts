// A pod's quality of service, from its containers' requests and limits for cpu and memory.
// Invariant: set at creation and never again; Guaranteed needs equal limits for both in every container.
// Called by: pod.ts, kubelet (eviction order, oom scores). Next on the way: pod.ts.

import type { Container, PodSpec } from "../../machinery/types.gen.ts";
import { Quantity } from "../../meta/quantity.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

function positive(list: Record<string, string> | undefined): Map<string, Quantity> {
  const found = new Map<string, Quantity>();
  for (const name of counted) {
    const text = list?.[name];
    if (text === undefined) continue;
    const amount = Quantity.parse(text);
    if (amount.sign > 0) found.set(name, amount);
  }
  return found;
}

export function qosClass(spec: PodSpec): QosClass {
  const holders: Pick<Container, "resources">[] = spec.resources
    ? [{ resources: spec.resources }]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources } of holders) {
    const requests = positive(resources?.requests);
    const limits = positive(resources?.limits);
    if (requests.size + limits.size > 0) any = true;
    for (const name of counted) {
      const limit = limits.get(name);
      if (!limit || (requests.get(name) ?? limit).cmp(limit) !== 0) guaranteed = false;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}
