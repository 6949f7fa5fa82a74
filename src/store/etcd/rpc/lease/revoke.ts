// Lease.LeaseRevoke: ends a lease and deletes its keys, as one revision.
// Invariant: the same entry in the log as when its time has come.
// Called by: rpc/index.ts. Next on the way: mvcc/state.ts.

import { unary } from "../../etcd.ts";

export const leaseRevoke = unary("LeaseRevoke", async (etcd, request, caller) => {
  etcd.access.lease(caller, etcd.store.state.leases.get(request.ID)?.keys ?? []);
  await etcd.execute({ type: "revokeLease", id: request.ID }, "done");
  return { header: etcd.header() };
});
