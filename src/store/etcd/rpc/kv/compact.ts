// KV.Compact: history below a revision is forgotten; the newest state of every key stays.
// Invariant: `physical` needs no waiting here: from the answer on nobody can read what was compacted.
// Called by: rpc/index.ts. Next on the way: mvcc/state.ts.

import { revision } from "../../../revision.ts";
import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";

export const compact = unary("Compact", async (etcd, request) => {
  if (request.revision <= 0) throw etcdError("compacted");
  if (request.revision > etcd.store.state.revision) throw etcdError("future");
  await etcd.execute({ type: "compact", revision: revision(request.revision) }, "done");
  return { header: etcd.header() };
});
