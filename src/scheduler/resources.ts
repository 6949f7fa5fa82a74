// What a pod asks of a node and what a node has to give, as plain numbers.
// Invariant: CPU in thousandths of a core, everything else in whole units, both rounded up; an absent request is zero.
// Called by: views.ts when a pod or node changes, never per (pod, node) pair. Next on the way: plugins/noderesourcesfit.ts.

import { type Container, type Pod, Quantity } from "#api";

/** Resource name → amount: `cpu` in milli-cores, others in units (bytes, pods, devices). */
export type Resources = ReadonlyMap<string, number>;

type Quantities = Readonly<Record<string, string>> | undefined;

function amount(name: string, text: string): number {
  const quantity = Quantity.parse(text);
  return Number(name === "cpu" ? quantity.milli() : quantity.value());
}

/** A `resources` map of the API as numbers. A quantity that does not parse counts as zero: validation keeps it out, a poisoned one must not stop the loop. */
export function toResources(quantities: Quantities): Resources {
  const result = new Map<string, number>();
  for (const [name, text] of Object.entries(quantities ?? {})) {
    try {
      result.set(name, amount(name, text));
    } catch {
      result.set(name, 0);
    }
  }
  return result;
}

function add(into: Map<string, number>, more: Resources): Map<string, number> {
  for (const [name, value] of more) into.set(name, (into.get(name) ?? 0) + value);
  return into;
}

function atLeast(into: Map<string, number>, other: Resources): Map<string, number> {
  for (const [name, value] of other) into.set(name, Math.max(into.get(name) ?? 0, value));
  return into;
}

const requestsOf = (container: Container): Resources => toResources(container.resources?.requests);

/**
 * What a pod takes: the sum of its containers and restartable init containers, or the largest moment of its init phase, plus overhead.
 * (KEP-753: an init container runs beside the restartable ones started before it.)
 */
export function podRequests(pod: Readonly<Pod>): Resources {
  const running = new Map<string, number>();
  for (const container of pod.spec?.containers ?? []) add(running, requestsOf(container));
  const sidecars = new Map<string, number>();
  const initPeak = new Map<string, number>();
  for (const container of pod.spec?.initContainers ?? []) {
    if (container.restartPolicy === "Always") {
      add(sidecars, requestsOf(container));
      atLeast(initPeak, sidecars);
    } else atLeast(initPeak, add(new Map(sidecars), requestsOf(container)));
  }
  const peak = atLeast(add(running, sidecars), initPeak);
  return add(peak, toResources(pod.spec?.overhead));
}

export function plus(left: Resources, right: Resources): Resources {
  return add(new Map(left), right);
}

export function minus(left: Resources, right: Resources): Resources {
  const result = new Map(left);
  for (const [name, value] of right) result.set(name, (result.get(name) ?? 0) - value);
  return result;
}
