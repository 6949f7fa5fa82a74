// What a pod asks for as a whole: its containers together, or the largest step of its start, whichever is more.
// Invariant: pure; a sidecar (init container that restarts always) counts from its start to the pod's end.
// Called by: quota/pods.ts, apiserver's LimitRanger. Next on the way: lists.ts.

import type { Container, Pod } from "../machinery/types.gen.ts";
import { addLists, maxLists, type ResourceList } from "./lists.ts";

export interface PodResourcesOptions {
  /** With what the pod's runtime class adds. */
  readonly overhead: boolean;
}

const podLevel = (name: string): boolean => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

function total(pod: Readonly<Pod>, of: (container: Container) => ResourceList | undefined): Record<string, string> {
  let sum: Record<string, string> = {};
  for (const container of pod.spec?.containers ?? []) sum = addLists(sum, of(container) ?? {});
  let sidecars: Record<string, string> = {};
  let start: Record<string, string> = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const own = of(container) ?? {};
    if (container.restartPolicy === "Always") {
      sum = addLists(sum, own);
      sidecars = addLists(sidecars, own);
      start = maxLists(start, sidecars);
    } else start = maxLists(start, addLists(own, sidecars));
  }
  return maxLists(sum, start);
}

function override(list: Record<string, string>, given: ResourceList | undefined): Record<string, string> {
  return { ...list, ...Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => podLevel(name))) };
}

export function podRequestList(pod: Readonly<Pod>, { overhead }: PodResourcesOptions): Record<string, string> {
  const list = override(
    total(pod, ({ resources }) => resources?.requests),
    pod.spec?.resources?.requests,
  );
  return overhead ? addLists(list, pod.spec?.overhead ?? {}) : list;
}

export function podLimitList(pod: Readonly<Pod>, { overhead }: PodResourcesOptions): Record<string, string> {
  const list = override(
    total(pod, ({ resources }) => resources?.limits),
    pod.spec?.resources?.limits,
  );
  if (!overhead) return list;
  // Overhead raises a limit that there is; it makes none.
  const raised = Object.fromEntries(Object.entries(pod.spec?.overhead ?? {}).filter(([name]) => Object.hasOwn(list, name)));
  return addLists(list, raised);
}
