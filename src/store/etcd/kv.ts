// The store's keys and ranges as etcd's messages.
// Invariant: nothing is copied but the fields; a value stays the bytes the state holds.
// Called by: mvcc/transaction.ts, rpc/. Next on the way: codec.ts.

import type { KeyValue, StoreEvent } from "../contract.ts";
import type { FoundRange } from "../mvcc/etcdrange.ts";
import type { Sparse } from "./codec.ts";
import type { Event, KeyValue as KeyValueMessage, RangeRequest, RangeResponse } from "./messages.gen.ts";

export const kvOf = (kv: KeyValue): Sparse<KeyValueMessage> => ({
  key: kv.key,
  create_revision: kv.createRevision,
  mod_revision: kv.modRevision,
  version: kv.version,
  value: kv.value,
  lease: kv.lease ?? 0n,
});

const withoutValue = (kv: KeyValue): Sparse<KeyValueMessage> => ({ ...kvOf(kv), value: undefined });

export function rangeOf(request: RangeRequest, found: FoundRange): Sparse<RangeResponse> {
  const kvs = request.count_only ? [] : found.kvs.map(request.keys_only ? withoutValue : kvOf);
  return { kvs, more: found.more, count: found.count };
}

export const eventTypes = { put: 0, delete: 1 } as const;

/** A creation has nothing before it, whatever the key was in an earlier life. */
export function eventOf(event: StoreEvent, withPrevious: boolean): Sparse<Event> {
  const previous = withPrevious ? event.previous : undefined;
  return { type: eventTypes[event.type], kv: kvOf(event.kv), ...(previous ? { prev_kv: kvOf(previous) } : {}) };
}
