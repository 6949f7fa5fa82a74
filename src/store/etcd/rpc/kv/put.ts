// KV.Put: one key, one new revision.
// Invariant: the log's entry is the request as it came, without what this version does not know being lost.
// Called by: rpc/index.ts. Next on the way: mvcc/transaction.ts.

import type { Sparse } from "../../codec.ts";
import { type Etcd, unary } from "../../etcd.ts";
import type { PutResponse } from "../../messages.gen.ts";
import { plainPutAnswer } from "../../plainanswer.ts";
import { checkPut } from "./checks.ts";
import { checkQuota, checkSize } from "./space.ts";

function answer(etcd: Etcd, { header, prev_kv }: Sparse<PutResponse>): Sparse<PutResponse> {
  const head = etcd.headerBytes(header?.revision);
  return prev_kv ? { header: head, prev_kv } : plainPutAnswer(head);
}

export const put = unary("Put", (etcd, request, caller) => {
  checkPut(request);
  etcd.access.write(caller, request.key);
  if (request.lease !== 0n) etcd.access.lease(caller, etcd.store.state.leases.get(request.lease)?.keys ?? []);
  if (request.prev_kv) etcd.access.read(caller, request.key);
  checkSize(etcd, caller.bytes.length);
  const full = checkQuota(etcd, caller.bytes.length);
  return full ?? etcd.execute({ type: "etcdPut", request: caller.bytes }, "put").then(({ response }) => answer(etcd, response));
});
