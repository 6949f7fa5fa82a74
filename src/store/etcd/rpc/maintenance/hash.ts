// Maintenance.Hash and HashKV: a number that equal contents share, to compare members by.
// Invariant: depends on keys, values, revisions and leases only; it is not the number that etcd would give, whose file it hashes.
// Called by: rpc/index.ts. Next on the way: mvcc/scan.ts.

import { crc32 } from "node:zlib";
import { Slicer } from "#lib";
import type { KeyValue, Revision } from "../../../contract.ts";
import { rangeRefusal } from "../../../mvcc/transaction.ts";
import { encode } from "../../codec.ts";
import { type Etcd, unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { kvOf } from "../../kv.ts";

const keysPerStep = 256;
/** etcd's word for "never compacted". */
const never = -1;

const add = (sum: number, kv: KeyValue): number => crc32(encode("KeyValue", kvOf(kv)), sum);

async function hashAt(etcd: Etcd, at: Revision): Promise<number> {
  const { state } = etcd.store;
  const pin = state.pin(at);
  const scan = state.scan({ start: "", end: "\0" }, at, { limit: 0, countOnly: false });
  const slicer = new Slicer(etcd.clock);
  let sum = 0;
  for (let done = false; !done; ) {
    done = scan.advance(keysPerStep);
    for (const kv of scan.kvs.splice(0)) sum = add(sum, kv);
    if (slicer.spent) await slicer.turn();
  }
  pin.release();
  return sum;
}

export const hash = unary("Hash", async (etcd, _request, caller) => {
  etcd.access.admin(caller);
  const { revision } = etcd.store.state;
  return { header: etcd.header(revision), hash: await hashAt(etcd, revision) };
});

export const hashKv = unary("HashKV", async (etcd, request, caller) => {
  etcd.access.admin(caller);
  const { state } = etcd.store;
  const refusal = rangeRefusal(state, { revision: request.revision });
  if (refusal) throw etcdError(refusal);
  const now = state.revision;
  const compact_revision = state.compactRevision || never;
  const sum = await hashAt(etcd, request.revision > 0 ? (request.revision as Revision) : now);
  return { header: etcd.header(now), hash: sum, compact_revision };
});
