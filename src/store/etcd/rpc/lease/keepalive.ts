// Lease.LeaseKeepAlive: a stream of wishes to live on, each answered with the time to live; 0 for a lease that is gone.
// Invariant: answers come in the order of the questions; the header's revision is from before the renewal.
// Called by: rpc/index.ts. Next on the way: lease/expiry.ts.

import { GrpcError } from "#wire";
import { etcdError, toEtcdError } from "../../errors.ts";
import { streaming } from "../../etcd.ts";

export const leaseKeepAlive = streaming("LeaseKeepAlive", (etcd, stream) => {
  let line = Promise.resolve();
  const fail = (error: unknown): void => {
    const refusal = toEtcdError(error);
    stream.end(refusal instanceof GrpcError ? refusal : etcdError("stopped"));
  };
  stream.onMessage(
    ({ ID }) => {
      const header = etcd.header();
      line = line.then(async () => stream.send({ header, ID, TTL: (await etcd.cluster.renewLease(ID)) ?? 0 })).catch(fail);
    },
    () => void line.then(() => stream.end()),
  );
});
