// Lease.LeaseTimeToLive: how long a lease has still to live, and what hangs on it; -1 for a lease that is not there.
// Invariant: looking changes nothing.
// Called by: rpc/index.ts. Next on the way: lease/expiry.ts.

import { byBytes } from "../../../mvcc/keyindex.ts";
import { unary } from "../../etcd.ts";

export const leaseTimeToLive = unary("LeaseTimeToLive", async (etcd, { ID, keys }, caller) => {
  const lease = etcd.store.state.leases.get(ID);
  if (keys) for (const key of lease?.keys ?? []) etcd.access.read(caller, key);
  if (!lease) return { header: etcd.header(), ID, TTL: -1 };
  const remaining = Math.trunc(((await etcd.cluster.leaseRemainingMs(ID)) ?? 0) / 1000);
  return {
    header: etcd.header(),
    ID,
    TTL: remaining,
    grantedTTL: lease.ttlSeconds,
    keys: keys ? [...lease.keys].sort(byBytes) : [],
  };
});
