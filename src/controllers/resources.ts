// Which resources hold things that can be deleted: for the namespace controller and the garbage collector.
// Invariant: every stored object is reachable under exactly one of them; Events expire by themselves and have no dependents.
// Called by: namespace/, garbagecollector/. Next on the way: framework/informers.ts, one watch each.

import { type ResourceInfo, resources } from "#api";

export const resourceName = (info: ResourceInfo): string => (info.group === "" ? info.resource : `${info.resource}.${info.group}`);

export function deletableResources(): readonly ResourceInfo[] {
  const seen = new Set<string>();
  return resources.filter((info) => {
    const name = resourceName(info);
    if (seen.has(name) || !["delete", "list", "watch"].every((verb) => info.verbs.includes(verb))) return false;
    seen.add(name);
    return true;
  });
}

export const isEvents = (info: ResourceInfo): boolean => info.resource === "events";
