// KV.Txn: compares, then one of two branches, as one revision.
// Invariant: what only reads costs no entry in the log.
// Called by: rpc/index.ts. Next on the way: mvcc/transaction.ts.

import { choosePath, readOnly, refusalOf } from "../../../mvcc/transaction.ts";
import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import type { TxnRequest } from "../../messages.gen.ts";
import { linearizable } from "../../served.ts";
import { checkTxn } from "./checks.ts";
import { checkQuota, checkSize, putsSomething } from "./space.ts";

const onlyReads = (txn: TxnRequest): boolean => [...txn.success, ...txn.failure].every(({ request_range }) => request_range);

const serializable = (txn: TxnRequest): boolean =>
  [...txn.success, ...txn.failure].every(({ request_range }) => request_range?.serializable);

export const txn = unary("Txn", async (etcd, request, caller) => {
  checkTxn(request, etcd.limits.maxTxnOps);
  etcd.access.txn(caller, request);
  if (onlyReads(request)) {
    const fresh = serializable(request) ? undefined : linearizable(etcd);
    if (fresh) await fresh;
    const { state } = etcd.store;
    const path = choosePath(state, request);
    const refusal = refusalOf(state, request, path.values());
    if (refusal) throw etcdError(refusal);
    return { ...readOnly(state, request, path.values()), header: etcd.header() };
  }
  checkSize(etcd, caller.bytes.length);
  const full = putsSomething(request) ? checkQuota(etcd, caller.bytes.length) : undefined;
  if (full) await full;
  const { response } = await etcd.execute({ type: "etcdTxn", request: caller.bytes }, "transaction");
  return { ...response, header: etcd.header(response.header?.revision) };
});
