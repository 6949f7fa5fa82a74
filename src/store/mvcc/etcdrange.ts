// A range as etcd asks for it: filters by revision, order by any field, limit; over the state as it stands or stood.
// Invariant: `count` counts the range before filters and limit, as etcd does; without a filter the scan stops keeping at the limit.
// Called by: transaction.ts, and etcd/rpc for ranges of their own. Next on the way: scan.ts.

import type { KeyValue, Revision } from "../contract.ts";
import type { RangeRequest } from "../etcd/messages.gen.ts";
import { byBytes } from "./keyindex.ts";
import type { RangeScan, ScanOptions } from "./scan.ts";
import type { MvccState } from "./state.ts";

export interface FoundRange {
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}

const order = { none: 0, ascend: 1, descend: 2 } as const;
const target = { key: 0, version: 1, create: 2, mod: 3, value: 4 } as const;

/** Everything has to be looked at before the limit applies. */
const wantsAll = (request: RangeRequest): boolean =>
  request.sort_order !== order.none ||
  request.sort_target !== target.key ||
  request.min_mod_revision !== 0 ||
  request.max_mod_revision !== 0 ||
  request.min_create_revision !== 0 ||
  request.max_create_revision !== 0;

export function etcdScan(state: MvccState, request: RangeRequest, at: Revision): RangeScan {
  const range = request.range_end === "" ? { start: request.key } : { start: request.key, end: request.range_end };
  const options: ScanOptions = {
    limit: wantsAll(request) ? 0 : Math.max(request.limit, 0),
    countOnly: request.count_only,
  };
  return state.scan(range, at, options);
}

function kept(request: RangeRequest): (kv: KeyValue) => boolean {
  const { min_mod_revision, max_mod_revision, min_create_revision, max_create_revision } = request;
  return (kv) =>
    (max_mod_revision === 0 || kv.modRevision <= max_mod_revision) &&
    (min_mod_revision === 0 || kv.modRevision >= min_mod_revision) &&
    (max_create_revision === 0 || kv.createRevision <= max_create_revision) &&
    (min_create_revision === 0 || kv.createRevision >= min_create_revision);
}

function comparison(sortTarget: number): (a: KeyValue, b: KeyValue) => number {
  switch (sortTarget) {
    case target.version:
      return (a, b) => a.version - b.version;
    case target.create:
      return (a, b) => a.createRevision - b.createRevision;
    case target.mod:
      return (a, b) => a.modRevision - b.modRevision;
    case target.value:
      return (a, b) => compareBytes(a.value, b.value);
    default:
      return (a, b) => byBytes(a.key, b.key);
  }
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** The range of one key: order and limit have nothing to say, filters have. */
export function etcdPoint(state: MvccState, request: RangeRequest, at: Revision): FoundRange {
  const kv = state.at(request.key, at);
  const kvs = kv && !request.count_only && (!wantsAll(request) || kept(request)(kv)) ? [kv] : [];
  return { kvs, more: false, count: kv ? 1 : 0 };
}

/** What `scan`, which is done, found, in the order and the number that were asked for. */
export function etcdAnswer(request: RangeRequest, scan: RangeScan): FoundRange {
  const limit = Math.max(request.limit, 0);
  if (!wantsAll(request)) return { kvs: scan.kvs, more: limit > 0 && !request.count_only && scan.count > limit, count: scan.count };
  const kvs = scan.kvs.filter(kept(request));
  // Sorting by anything but the key is ascending unless said otherwise.
  if (request.sort_order === order.descend) kvs.sort((a, b) => comparison(request.sort_target)(b, a));
  else if (request.sort_target !== target.key) kvs.sort(comparison(request.sort_target));
  const more = limit > 0 && kvs.length > limit;
  return { kvs: more ? kvs.slice(0, limit) : kvs, more, count: scan.count };
}
