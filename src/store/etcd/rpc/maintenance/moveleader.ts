// Maintenance.MoveLeader: makes another member lead.
// Invariant: one member leads already; whoever else is named is no member.
// Called by: rpc/index.ts. Next on the way: cluster/list.ts.

import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";

export const moveLeader = unary("MoveLeader", ({ identity, access }, { targetID }, caller) => {
  access.admin(caller);
  if (targetID !== identity.memberId) throw etcdError("badLeaderTransferee");
  return {};
});
