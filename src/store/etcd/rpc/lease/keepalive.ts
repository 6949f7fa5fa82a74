// Lease.LeaseKeepAlive: a stream of wishes to live on, each answered with the time to live; 0 for a lease that is gone.
// Invariant: answers come in the order of the questions; the header's revision is from before the renewal.
// Called by: rpc/index.ts. Next on the way: lease/expiry.ts.

import { streaming } from "../../etcd.ts";

export const leaseKeepAlive = streaming("LeaseKeepAlive", (etcd, stream) => {
  stream.onMessage(
    ({ ID }) => {
      const header = etcd.header();
      stream.send({ header, ID, TTL: etcd.store.renewLease(ID) ?? 0 });
    },
    () => stream.end(),
  );
});
