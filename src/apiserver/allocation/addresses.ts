// Addresses of Services: each one that is taken is an IPAddress object, which is what makes it taken.
// Invariant: an address has one holder, because its object is created under the condition that there is none; whoever frees it names the holder.
// Called by: services.ts, repair.ts. Next on the way: the store's txn.

import { type ApiObject, encodeJson, findKind, ipv4Number, ipv4Range, ipv4Text, type ResourceInfo } from "#api";
import { assert, type Clock, type Prng, rfc3339, uuid } from "#lib";
import { type Cause, revision as toRevision, type Store } from "#store";
import { decodeStored, entryShape, PoisonedValue } from "../cache/entry.ts";
import { keyOf, prefixOf } from "../registry/keys.ts";

export interface Holder {
  readonly namespace: string;
  readonly name: string;
}

export class AllocationError extends Error {
  override name = "AllocationError";
}

/** The first addresses of a range are left to people who choose for themselves: a sixteenth, at least 16, at most 256. */
function staticBand(size: number): number {
  return size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256);
}

export interface AddressPoolParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly range: string;
  /** Whether the watch cache knows an address as taken; a hint that saves a write. */
  readonly isTaken: (key: string) => boolean;
}

export class AddressPool {
  readonly #parts: AddressPoolParts;
  readonly #info: ResourceInfo;
  readonly #first: number;
  readonly #size: number;

  constructor(parts: AddressPoolParts) {
    const info = findKind("networking.k8s.io", "v1", "IPAddress");
    assert(info, "IPAddress is served");
    this.#info = info;
    this.#parts = parts;
    // Neither the network's own address nor the one of everybody.
    const { first, count } = ipv4Range(parts.range);
    this.#first = first + 1;
    this.#size = Math.max(0, count - 2);
  }

  #key(address: string): string {
    return keyOf(this.#info, "", address);
  }

  /** Takes exactly this address. */
  async take(address: string, holder: Holder, cause: Cause): Promise<void> {
    const number = ipv4Number(address);
    if (number === undefined || number < this.#first || number >= this.#first + this.#size)
      throw new AllocationError("the provided network does not match the current range");
    if (!(await this.#create(address, holder, cause))) throw new AllocationError("provided IP is already allocated");
  }

  /** Takes any address: by chance from behind the static band, then whatever comes next. */
  async takeAny(holder: Holder, cause: Cause, dryRun: boolean): Promise<string> {
    const band = staticBand(this.#size);
    const free = this.#size - band;
    const start = free > 0 ? this.#parts.prng.between(0, free - 1) : 0;
    for (let i = 0; i < this.#size; i++) {
      const at = i < free ? band + ((start + i) % free) : i - free;
      const address = ipv4Text(this.#first + at);
      if (this.#parts.isTaken(this.#key(address))) continue;
      if (dryRun || (await this.#create(address, holder, cause))) return address;
    }
    throw new AllocationError("range is full");
  }

  /** Would `take` succeed? */
  async check(address: string): Promise<void> {
    const number = ipv4Number(address);
    if (number === undefined || number < this.#first || number >= this.#first + this.#size)
      throw new AllocationError("the provided network does not match the current range");
    if (await this.#stored(address)) throw new AllocationError("provided IP is already allocated");
  }

  async release(address: string, holder: Holder, cause: Cause): Promise<void> {
    const stored = await this.#stored(address);
    if (!stored || !holds(stored.object, holder)) return;
    await this.#parts.store.txn({ key: this.#key(address), expect: stored.revision, operation: { type: "delete" }, cause });
  }

  async #stored(address: string) {
    const { kvs } = await this.#parts.store.range({ start: this.#key(address) });
    const kv = kvs[0];
    return kv && { object: decodeStored(entryShape(this.#info), kv.value), revision: kv.modRevision };
  }

  /** False: it is taken, be it by an earlier life of the same holder (repair.ts frees those). */
  async #create(address: string, holder: Holder, cause: Cause): Promise<boolean> {
    const { store, clock, prng } = this.#parts;
    const object: ApiObject = {
      kind: "IPAddress",
      apiVersion: "networking.k8s.io/v1",
      metadata: {
        name: address,
        uid: uuid(prng),
        creationTimestamp: rfc3339(clock.nowMs()),
        labels: { "ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" },
      },
      spec: { parentRef: { resource: "services", namespace: holder.namespace, name: holder.name } },
    };
    const value = encodeJson(object, this.#info.type);
    const result = await store.txn({ key: this.#key(address), expect: toRevision(0), operation: { type: "put", value }, cause });
    return result.succeeded;
  }

  #readable(value: Uint8Array): (ApiObject & IpAddressSpec) | undefined {
    try {
      return decodeStored(entryShape(this.#info), value);
    } catch (error) {
      if (error instanceof PoisonedValue) return undefined;
      throw error;
    }
  }

  /** Every address that this allocator gave out, with its holder. */
  async *all(): AsyncGenerator<{ address: string; holder: Holder }> {
    const prefix = prefixOf(this.#info);
    const { kvs } = await this.#parts.store.range({ start: prefix, end: `${prefix}\xff` });
    for (const kv of kvs) {
      const object = this.#readable(kv.value);
      if (!object) continue;
      const { metadata, spec } = object;
      const parent = spec?.parentRef;
      if (metadata.labels?.["ipaddress.kubernetes.io/managed-by"] !== "ipallocator.k8s.io" || parent?.resource !== "services") continue;
      yield { address: metadata.name!, holder: { namespace: parent.namespace ?? "", name: parent.name ?? "" } };
    }
  }
}

interface IpAddressSpec {
  readonly spec?: { readonly parentRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string } };
}

function holds(object: ApiObject, { namespace, name }: Holder): boolean {
  const parent = (object as ApiObject & IpAddressSpec).spec?.parentRef;
  return parent?.resource === "services" && parent.namespace === namespace && parent.name === name;
}
