// What etcd refuses in a request before looking at the state: missing keys, contradictions, a key written twice.
// Invariant: a transaction that passes writes each key at most once, whichever branches its compares choose.
// Called by: range.ts, put.ts, deleterange.ts, txn.ts. Next on the way: mvcc/transaction.ts.

import { upperBound } from "../../../mvcc/scan.ts";
import { etcdError } from "../../errors.ts";
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from "../../messages.gen.ts";

const sortOrders = 3;
const sortTargets = 5;

export function checkRange(request: RangeRequest): void {
  if (request.key === "") throw etcdError("emptyKey");
  const { sort_order, sort_target } = request;
  if (sort_order < 0 || sort_order >= sortOrders || sort_target < 0 || sort_target >= sortTargets) throw etcdError("invalidSortOption");
}

export function checkPut(request: PutRequest): void {
  if (request.key === "") throw etcdError("emptyKey");
  if (request.ignore_value && request.value.length > 0) throw etcdError("valueProvided");
  if (request.ignore_lease && request.lease !== 0n) throw etcdError("leaseProvided");
}

export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key === "") throw etcdError("emptyKey");
}

export function checkTxn(request: TxnRequest, maxOps: number): void {
  checkOperations(request, maxOps);
  writesOf(request.success);
  writesOf(request.failure);
}

function checkOperations(request: TxnRequest, maxOps: number): void {
  const operations = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (operations > maxOps) throw etcdError("tooManyOps");
  for (const { key } of request.compare) if (key === "") throw etcdError("emptyKey");
  for (const operation of [...request.success, ...request.failure]) {
    const { request_range, request_put, request_delete_range, request_txn } = operation;
    if (request_range) checkRange(request_range);
    else if (request_put) checkPut(request_put);
    else if (request_delete_range) checkDeleteRange(request_delete_range);
    else if (request_txn) checkOperations(request_txn, maxOps - operations);
    else throw etcdError("keyNotFound");
  }
}

interface Interval {
  readonly start: string;
  readonly end: string;
}

interface Writes {
  readonly puts: Set<string>;
  readonly deletes: Interval[];
}

function writesOf(operations: readonly RequestOp[]): Writes {
  const writes: Writes = { puts: new Set(), deletes: [] };
  for (const { request_delete_range: range } of operations)
    if (range)
      writes.deletes.push({
        start: range.key,
        end: upperBound(range.range_end === "" ? { start: range.key } : { start: range.key, end: range.range_end }),
      });
  for (const { request_txn } of operations) if (request_txn) addNested(writes, request_txn);
  for (const { request_put } of operations) if (request_put) addPut(writes, request_put.key, undefined);
  return writes;
}

function addNested(writes: Writes, txn: TxnRequest): void {
  const success = writesOf(txn.success);
  const failure = writesOf(txn.failure);
  for (const key of success.puts) addPut(writes, key, undefined);
  // Only one of the two branches is ever taken.
  for (const key of failure.puts) addPut(writes, key, success.puts);
  writes.deletes.push(...success.deletes, ...failure.deletes);
}

function addPut({ puts, deletes }: Writes, key: string, exclusive: ReadonlySet<string> | undefined): void {
  if (puts.has(key) && !exclusive?.has(key)) throw etcdError("duplicateKey");
  if (deletes.some(({ start, end }) => key >= start && key < end)) throw etcdError("duplicateKey");
  puts.add(key);
}
