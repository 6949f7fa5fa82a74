// KV.Range: keys of a range as they stand, or stood at a revision.
// Invariant: linearizable unless it asks not to be; a long range is one moment's answer, too.
// Called by: rpc/index.ts. Next on the way: mvcc/etcdrange.ts.

import { Slicer } from "#lib";
import type { Revision } from "../../../contract.ts";
import { etcdAnswer, etcdScan } from "../../../mvcc/etcdrange.ts";
import { rangeRefusal } from "../../../mvcc/transaction.ts";
import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { rangeOf } from "../../kv.ts";
import { linearizable } from "../../served.ts";
import { checkRange } from "./checks.ts";

const keysPerStep = 1024;

export const range = unary("Range", async (etcd, request, caller) => {
  checkRange(request);
  const fresh = request.serializable ? undefined : linearizable(etcd);
  if (fresh) await fresh;
  etcd.access.read(caller, request.key, request.range_end);
  const { state } = etcd.store;
  const refusal = rangeRefusal(state, request);
  if (refusal) throw etcdError(refusal);
  const now = state.revision;
  const at = request.revision > 0 ? (request.revision as Revision) : now;
  const scan = etcdScan(state, request, at);
  if (!scan.advance(keysPerStep)) {
    const pin = state.pin(at);
    const slicer = new Slicer(etcd.clock);
    while (!scan.advance(keysPerStep)) if (slicer.spent) await slicer.turn();
    pin.release();
  }
  return { header: etcd.header(now), ...rangeOf(request, etcdAnswer(request, scan)) };
});
