// Maintenance.Defragment: gives memory back that compaction has freed; here it is given back as it becomes free.
// Invariant: afterwards nothing is kept that could be freed, which is so before as well.
// Called by: rpc/index.ts. Next on the way: mvcc/state.ts, `prune`.

import { unary } from "../../etcd.ts";

export const defragment = unary("Defragment", ({ access }, _request, caller) => {
  access.admin(caller);
  return {};
});
