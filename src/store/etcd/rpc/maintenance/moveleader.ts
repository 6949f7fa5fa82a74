// Maintenance.MoveLeader: makes another member lead.
// Invariant: only the leader gives its place away, and only to a voter; answered when that one leads.
// Called by: rpc/index.ts. Next on the way: cluster/list.ts.

import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";

export const moveLeader = unary("MoveLeader", async ({ cluster, access }, { targetID }, caller) => {
  access.admin(caller);
  if (!cluster.isLeader) throw etcdError("notLeader");
  const target = cluster.members.find(({ id }) => BigInt(`0x${id}`) === targetID);
  if (!target || target.learner) throw etcdError("badLeaderTransferee");
  if (!(await cluster.moveLeader(target))) throw etcdError("leaderTransferTimeout");
  return {};
});
