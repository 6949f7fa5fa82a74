// Lease.LeaseLeases: all leases, the next to end first.
// Invariant: looking changes nothing.
// Called by: rpc/index.ts. Next on the way: lease/expiry.ts.

import { unary } from "../../etcd.ts";

export const leaseLeases = unary("LeaseLeases", (etcd) => {
  const { store } = etcd;
  const leases = Array.from(store.state.leases.all(), ({ id }) => ({ ID: id, endsInMs: store.leaseRemainingMs(id) ?? 0 }));
  leases.sort((a, b) => a.endsInMs - b.endsInMs);
  return { header: etcd.header(), leases: leases.map(({ ID }) => ({ ID })) };
});
