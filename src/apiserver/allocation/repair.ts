// At the start: what a crash left half-done between a Service and what it was given is put right.
// Invariant: Services are the truth; what nobody holds is free again, what a Service holds is marked as taken.
// Called by: apiserver/index.ts, before the first request is answered. Next on the way: addresses.ts, ports.ts.

import type { ApiObject, Service } from "#api";
import type { Log } from "#lib";
import type { Cause } from "#store";
import { type AddressPool, AllocationError } from "./addresses.ts";
import type { PortPool } from "./ports.ts";
import { addressOf, nodePortsOf } from "./services.ts";

export interface RepairParts {
  readonly addresses: AddressPool;
  readonly ports: PortPool;
  readonly services: readonly ApiObject[];
  readonly cause: Cause;
  readonly log: Log;
}

export async function repairAllocations({ addresses, ports, services, cause, log }: RepairParts): Promise<void> {
  const views = services.map((object) => ({ object, service: object as unknown as Service }));
  const holders = new Map<string, string>();
  for (const { object, service } of views) {
    const address = addressOf(service);
    if (address !== undefined) holders.set(address, `${object.metadata.namespace}/${object.metadata.name}`);
  }
  for await (const { address, holder } of addresses.all()) {
    if (holders.get(address) === `${holder.namespace}/${holder.name}`) holders.delete(address);
    else await addresses.release(address, holder, cause);
  }
  for (const [address, text] of holders) {
    const [namespace = "", name = ""] = text.split("/");
    try {
      await addresses.take(address, { namespace, name }, cause);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      log.warn("a Service has an address it cannot have", { service: text, address, error });
    }
  }
  await ports.reset(
    views.flatMap(({ service }) => nodePortsOf(service)),
    cause,
  );
}
