// etcd's transaction: compares choose a branch, the branch reads and writes, nested ones too; all of it is one revision.
// Invariant: whether it can be carried out is known before the first write; reads after a write see it.
// Called by: etcdcommands.ts for entries that came over etcd's face, etcd/rpc for transactions that only read. Next on the way: etcdrange.ts.

import type { KeyValue, Revision } from "../contract.ts";
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from "../etcd/messages.gen.ts";
import { kvOf, rangeOf } from "../etcd/kv.ts";
import type { Sparse } from "../etcd/codec.ts";
import type { Change } from "./etcdcommands.ts";
import { compareBytes, etcdAnswer, etcdScan } from "./etcdrange.ts";
import type { MvccState } from "./state.ts";

export type TransactionRefusal = "keyNotFound" | "leaseNotFound" | "compacted" | "future";

const everything = Number.MAX_SAFE_INTEGER;

const compareResult = { equal: 0, greater: 1, less: 2, notEqual: 3 } as const;
const compareTarget = { version: 0, create: 1, mod: 2, value: 3, lease: 4 } as const;
const missing = { createRevision: 0, modRevision: 0, version: 0, lease: 0n };

/** Which branch each transaction takes, itself first, then its nested ones in order. Decided before anything is written. */
export function choosePath(state: MvccState, txn: TxnRequest): boolean[] {
  const succeeded = txn.compare.every((one) => holds(state, one));
  const path = [succeeded];
  for (const { request_txn } of succeeded ? txn.success : txn.failure) if (request_txn) path.push(...choosePath(state, request_txn));
  return path;
}

function holds(state: MvccState, compare: Compare): boolean {
  const end = compare.range_end ?? "";
  const found = end === "" ? [state.newest(compare.key)].filter((kv) => kv !== undefined) : all(state, compare.key, end);
  // A value that does not exist compares to nothing.
  if (found.length === 0) return compare.target !== compareTarget.value && verdict(compare, missing);
  return found.every((kv) => verdict(compare, kv));
}

function all(state: MvccState, start: string, end: string): KeyValue[] {
  const scan = state.scan({ start, end }, state.revision, { limit: 0, countOnly: false });
  scan.advance(everything);
  return scan.kvs;
}

type Compared = Pick<KeyValue, "lease"> & { createRevision: number; modRevision: number; version: number; value?: Uint8Array };

function verdict(compare: Compare, kv: Compared): boolean {
  const order = compareOne(compare, kv);
  switch (compare.result) {
    case compareResult.equal:
      return order === 0;
    case compareResult.greater:
      return order > 0;
    case compareResult.less:
      return order < 0;
    case compareResult.notEqual:
      return order !== 0;
    default:
      return true;
  }
}

function compareOne(compare: Compare, kv: Compared): number {
  switch (compare.target) {
    case compareTarget.version:
      return kv.version - (compare.version ?? 0);
    case compareTarget.create:
      return kv.createRevision - (compare.create_revision ?? 0);
    case compareTarget.mod:
      return kv.modRevision - (compare.mod_revision ?? 0);
    case compareTarget.value:
      return compareBytes(kv.value ?? new Uint8Array(0), compare.value ?? new Uint8Array(0));
    case compareTarget.lease: {
      const [a, b] = [kv.lease ?? 0n, compare.lease ?? 0n];
      return a < b ? -1 : a > b ? 1 : 0;
    }
    default:
      return 0;
  }
}

const branch = (txn: TxnRequest, succeeded: boolean): readonly RequestOp[] => (succeeded ? txn.success : txn.failure);

/** Why the chosen branches cannot be carried out, if so. */
export function refusalOf(state: MvccState, txn: TxnRequest, path: Iterator<boolean>): TransactionRefusal | undefined {
  for (const { request_range, request_put, request_txn } of branch(txn, path.next().value as boolean)) {
    const refusal = request_range
      ? rangeRefusal(state, request_range)
      : request_put
        ? putRefusal(state, request_put)
        : request_txn
          ? refusalOf(state, request_txn, path)
          : undefined;
    if (refusal) return refusal;
  }
  return undefined;
}

export function rangeRefusal(state: MvccState, { revision }: Pick<RangeRequest, "revision">): "compacted" | "future" | undefined {
  if (revision <= 0) return undefined;
  if (revision > state.revision) return "future";
  return revision < state.compactRevision ? "compacted" : undefined;
}

export function putRefusal(state: MvccState, put: PutRequest): "keyNotFound" | "leaseNotFound" | undefined {
  if ((put.ignore_value || put.ignore_lease) && !state.newest(put.key)) return "keyNotFound";
  return put.lease !== 0n && !state.leases.get(put.lease) ? "leaseNotFound" : undefined;
}

/** `put` gives what was there before; `at` is the revision it makes. */
function putBy(put: Pick<Change, "put">, at: number, state: MvccState, request: PutRequest): Sparse<PutResponse> {
  const current = request.ignore_value || request.ignore_lease ? state.newest(request.key) : undefined;
  const value = request.ignore_value ? current!.value : request.value;
  const lease = request.ignore_lease ? current!.lease : request.lease === 0n ? undefined : request.lease;
  const previous = put.put(request.key, value, lease);
  const header = { revision: at };
  return request.prev_kv && previous ? { header, prev_kv: kvOf(previous) } : { header };
}

export const putAlone = (state: MvccState, request: PutRequest): Sparse<PutResponse> => putBy(state, state.revision + 1, state, request);

const put = (change: Change, state: MvccState, request: PutRequest): Sparse<PutResponse> => putBy(change, change.at, state, request);

export function deleteRange(change: Change, state: MvccState, request: DeleteRangeRequest): Sparse<DeleteRangeResponse> {
  const { key, range_end } = request;
  const scan = state.scan(range_end === "" ? { start: key } : { start: key, end: range_end }, change.at, { limit: 0, countOnly: false });
  scan.advance(everything);
  for (const kv of scan.kvs) change.delete(kv);
  return {
    header: { revision: now(change) },
    deleted: scan.kvs.length,
    ...(request.prev_kv ? { prev_kvs: scan.kvs.map(kvOf) } : {}),
  };
}

const now = (change: Change): number => (change.events.length > 0 ? change.at : change.at - 1);

/** At the revision in the making a read sees what was written before it. */
function range(change: Change, state: MvccState, request: RangeRequest): Sparse<RangeResponse> {
  const scan = etcdScan(state, request, request.revision > 0 ? (request.revision as Revision) : change.at);
  scan.advance(everything);
  return { header: { revision: now(change) }, ...rangeOf(request, etcdAnswer(request, scan)) };
}

/** Carries out the chosen branches; nothing in them can fail any more. */
export function execute(change: Change, state: MvccState, txn: TxnRequest, path: Iterator<boolean>): Sparse<TxnResponse> {
  const succeeded = path.next().value as boolean;
  const responses = branch(txn, succeeded).map(({ request_range, request_put, request_delete_range, request_txn }): Sparse<ResponseOp> => {
    if (request_range) return { response_range: range(change, state, request_range) };
    if (request_put) return { response_put: put(change, state, request_put) };
    if (request_delete_range) return { response_delete_range: deleteRange(change, state, request_delete_range) };
    return { response_txn: execute(change, state, request_txn!, path) };
  });
  return { header: {}, succeeded, responses };
}

/** A transaction that only reads, carried out on the state as it is, without an entry in the log. */
export function readOnly(state: MvccState, txn: TxnRequest, path: Iterator<boolean>): Sparse<TxnResponse> {
  const nothing: Change = {
    at: (state.revision + 1) as Revision,
    events: [],
    put: () => undefined,
    delete: () => undefined,
  };
  return { ...execute(nothing, state, txn, path), header: { revision: state.revision } };
}
