// KV.DeleteRange: every key of a range, as one revision; none if there is no key.
// Invariant: the answer counts what was there, and shows it if asked.
// Called by: rpc/index.ts. Next on the way: mvcc/transaction.ts.

import { unary } from "../../etcd.ts";
import { checkDeleteRange } from "./checks.ts";
import { checkSize } from "./space.ts";

export const deleteRange = unary("DeleteRange", async (etcd, request, caller) => {
  checkDeleteRange(request);
  etcd.access.write(caller, request.key, request.range_end);
  if (request.prev_kv) etcd.access.read(caller, request.key, request.range_end);
  checkSize(etcd, caller.bytes.length);
  const { response } = await etcd.execute({ type: "etcdDeleteRange", request: caller.bytes }, "deleteRange");
  return { ...response, header: etcd.header(response.header?.revision) };
});
