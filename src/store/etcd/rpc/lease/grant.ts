// Lease.LeaseGrant: a lease under an id of the caller's, or of ours.
// Invariant: the id is chosen before the entry is written, so that applying needs no chance.
// Called by: rpc/index.ts. Next on the way: mvcc/leases.ts.

import type { Prng } from "#lib";
import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { checkQuota } from "../kv/space.ts";

const maxTtlSeconds = 9_000_000_000;
const leaseBytes = 64;

/** 63 bits, the highest of them set: never 0, which stands for "no lease", and always as long in a key's name as etcd's. */
const newId = (prng: Prng): bigint => BigInt.asUintN(62, Buffer.from(prng.bytes(8)).readBigUInt64LE()) | (1n << 62n);

export const leaseGrant = unary("LeaseGrant", async (etcd, request) => {
  await checkQuota(etcd, leaseBytes);
  if (request.TTL > maxTtlSeconds) throw etcdError("leaseTtlTooLarge");
  const id = request.ID === 0n ? newId(etcd.prng) : request.ID;
  const ttlSeconds = Math.max(request.TTL, etcd.limits.minLeaseTtlSeconds);
  await etcd.execute({ type: "grantLease", id, ttlSeconds }, "done");
  return { header: etcd.header(), ID: id, TTL: ttlSeconds };
});
