// The quality-of-service class of a pod, from its requests and limits of cpu and memory.
// Invariant: pure; Guaranteed only when every container has both limits and equal requests; BestEffort when none has any.
// Called by: status.ts, containers/resources.ts. Next on the way: containers/resources.ts.

import { type Container, type Pod, Quantity } from "#api";
import { own } from "#lib";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const names = ["cpu", "memory"] as const;

function positive(map: Readonly<Record<string, string>> | undefined, name: string): Quantity | undefined {
  const text = own(map, name);
  if (text === undefined) return undefined;
  const quantity = Quantity.parse(text);
  return quantity.isZero ? undefined : quantity;
}

function guaranteed({ resources }: Container): boolean {
  return names.every((name) => {
    const limit = positive(resources?.limits, name);
    const request = positive(resources?.requests, name) ?? limit;
    return limit !== undefined && request !== undefined && limit.cmp(request) === 0;
  });
}

export function qosClass(pod: Pod): QosClass {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const any = all.some(({ resources }) => names.some((name) => positive(resources?.limits, name) ?? positive(resources?.requests, name)));
  if (!any) return "BestEffort";
  return all.every(guaranteed) ? "Guaranteed" : "Burstable";
}
