// KV.Put: one key, one new revision.
// Invariant: the log's entry is the request as it came, without what this version does not know being lost.
// Called by: rpc/index.ts. Next on the way: mvcc/transaction.ts.

import { unary } from "../../etcd.ts";
import { checkPut } from "./checks.ts";
import { checkQuota, checkSize } from "./space.ts";

export const put = unary("Put", async (etcd, request, caller) => {
  checkPut(request);
  etcd.access.write(caller, request.key);
  etcd.access.lease(caller, etcd.store.state.leases.get(request.lease)?.keys ?? []);
  if (request.prev_kv) etcd.access.read(caller, request.key);
  checkSize(etcd, caller.bytes.length);
  const full = checkQuota(etcd, caller.bytes.length);
  if (full) await full;
  const { response } = await etcd.execute({ type: "etcdPut", request: caller.bytes }, "put");
  return { ...response, header: etcd.header(response.header?.revision) };
});
