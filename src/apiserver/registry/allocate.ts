// Where a kind needs more than its own key: what is taken for an object before it is written, and given back when it is not.
// Invariant: begun before the kind's preparation and validation, and always ended, one way or the other.
// Called by: create.ts, update.ts, delete.ts. Next on the way: allocation/services.ts, the only allocator so far.

import type { ApiObject } from "#api";
import type { Allocation, ServiceAllocator } from "../allocation/services.ts";
import type { Call } from "../call.ts";

function allocatorOf(call: Call): ServiceAllocator | undefined {
  const { group, resource } = call.resource;
  return group === "" && resource === "services" && call.subresource === undefined ? call.core.services : undefined;
}

const nothing: Allocation = { commit: () => Promise.resolve(), revert: () => Promise.resolve() };

export async function beginAllocation(call: Call, object: ApiObject, old: ApiObject | undefined, dryRun: boolean): Promise<Allocation> {
  const allocator = allocatorOf(call);
  return allocator ? allocator.begin({ object, old, namespace: call.info.namespace, cause: call.cause, dryRun }) : nothing;
}

export async function releaseAllocated(call: Call, object: ApiObject): Promise<void> {
  await allocatorOf(call)?.release(object, call.cause);
}
