// Lock.Lock and Unlock: a lock is the oldest place in line under its name; it is free when that key is gone.
// Invariant: a lock lives no longer than its lease; whoever hangs up while waiting is out of the line.
// Called by: rpc/index.ts. Next on the way: ../queue.ts.

import { GrpcError } from "#wire";
import { encode } from "../../codec.ts";
import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { afterPrefix, leaseOf, takePlace, unknown, waitForTurn } from "../queue.ts";

const noBytes = new Uint8Array(0);

export const lock = unary("Lock", async (etcd, request, caller) => {
  try {
    const prefix = `${request.name}/`;
    etcd.access.write(caller, prefix, afterPrefix(prefix));
    const place = await takePlace(etcd, prefix, await leaseOf(etcd, request.lease), noBytes);
    const waited = await waitForTurn(etcd, prefix, place, caller.signal);
    // The lease may have ended in line.
    if (waited && !etcd.store.state.newest(place.key)) throw new GrpcError("UNKNOWN", "mutex: session is expired");
    return { header: etcd.header(waited ? undefined : place.revision), key: place.key };
  } catch (error) {
    throw unknown(error);
  }
});

export const unlock = unary("Unlock", async (etcd, { key }, caller) => {
  try {
    if (key === "") throw etcdError("emptyKey");
    etcd.access.write(caller, key);
    const { response } = await etcd.execute({ type: "etcdDeleteRange", request: encode("DeleteRangeRequest", { key }) }, "deleteRange");
    return { header: etcd.header(response.header?.revision) };
  } catch (error) {
    throw unknown(error);
  }
});
