// KV.Range: keys of a range as they stand, or stood at a revision.
// Invariant: linearizable unless it asks not to be; a long range is one moment's answer, too.
// Called by: rpc/index.ts. Next on the way: mvcc/etcdrange.ts.

import { Slicer } from "#lib";
import type { Revision } from "../../../contract.ts";
import { etcdAnswer, etcdPoint, etcdScan, type FoundRange } from "../../../mvcc/etcdrange.ts";
import type { RangeScan } from "../../../mvcc/scan.ts";
import { rangeRefusal } from "../../../mvcc/transaction.ts";
import type { Sparse } from "../../codec.ts";
import { type Caller, type Etcd, unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { rangeOf } from "../../kv.ts";
import type { RangeRequest, RangeResponse, ResponseHeader } from "../../messages.gen.ts";
import { plainRangeAnswer } from "../../plainanswer.ts";
import { linearizable } from "../../served.ts";
import { checkRange } from "./checks.ts";

const keysPerStep = 1024;

type Answer = Sparse<RangeResponse>;

export const range = unary("Range", (etcd, request, caller) => {
  checkRange(request);
  const fresh = request.serializable ? undefined : linearizable(etcd);
  return fresh ? fresh.then(() => read(etcd, request, caller)) : read(etcd, request, caller);
});

/** A range that is not long is read, and answered, without waiting. */
function read(etcd: Etcd, request: RangeRequest, caller: Caller): Promise<Answer> | Answer {
  etcd.access.read(caller, request.key, request.range_end);
  const { state } = etcd.store;
  const refusal = rangeRefusal(state, request);
  if (refusal) throw etcdError(refusal);
  const now = state.revision;
  const at = request.revision > 0 ? (request.revision as Revision) : now;
  const header = etcd.headerBytes(now);
  if (request.range_end === "") return pointAnswer(header, request, etcdPoint(state, request, at));
  const scan = etcdScan(state, request, at);
  const answer = (): Answer => ({ header, ...rangeOf(request, etcdAnswer(request, scan)) });
  return scan.advance(keysPerStep) ? answer() : readOn(etcd, scan, at).then(answer);
}

function pointAnswer(header: Sparse<ResponseHeader>, request: RangeRequest, found: FoundRange): Answer {
  const [kv] = found.kvs;
  const plain = kv && !request.keys_only ? plainRangeAnswer(header, kv) : undefined;
  return plain ?? { header, ...rangeOf(request, found) };
}

async function readOn({ store, clock }: Etcd, scan: RangeScan, at: Revision): Promise<void> {
  const pin = store.state.pin(at);
  const slicer = new Slicer(clock);
  while (!scan.advance(keysPerStep)) if (slicer.spent) await slicer.turn();
  pin.release();
}
