// What this member serves as it is now: a learner little, one without a leader nothing to those who ask for one.
// Invariant: nothing here waits but `linearizable`, which is bounded by the store's own time for a request.
// Called by: face.ts before each call, rpc/ for reads. Next on the way: cluster.ts.

import { header } from "#wire";
import type { GrpcCall, GrpcStream } from "#wire";
import type { Who } from "./access.ts";
import type { Etcd } from "./etcd.ts";
import { etcdError, toEtcdError } from "./errors.ts";
import type { calls, RangeRequest } from "./messages.gen.ts";

const lookMs = 500;
/** As etcd: so many looks without a leader end a stream. */
const maxLooks = 3;

/** etcd's clients ask so for a leader. */
const wantsLeader = ({ metadata }: Who): boolean => header(metadata, "hasleader") === "true";

function learnerServes(name: keyof typeof calls, message: unknown): boolean {
  return name === "Status" || (name === "Range" && (message as RangeRequest).serializable);
}

export function refuseUnserved({ cluster }: Etcd, name: keyof typeof calls, message: unknown, who: Who): void {
  if (cluster.isLearner && !learnerServes(name, message)) throw etcdError("notForLearner");
  if (!cluster.leader && wantsLeader(who)) throw etcdError("noLeader");
}

/** Writes wait for a leader then; those whose callers have gone meanwhile are not written late. */
export function whileNobodyLeads(etcd: Etcd, call: Pick<GrpcCall, "signal">): Etcd {
  if (etcd.cluster.leader) return etcd;
  const { signal } = call;
  return { ...etcd, execute: (command, type) => etcd.execute(command, type, signal) };
}

/** A stream that wants a leader ends when there is none for a while: its caller tries another member. */
export function endWithoutLeader({ cluster, clock }: Etcd, stream: GrpcStream): void {
  if (!wantsLeader(stream)) return;
  let looks = 0;
  const look = (): void => {
    looks = cluster.leader ? 0 : looks + 1;
    if (looks >= maxLooks) stream.end(etcdError("noLeader"));
    else timer = clock.after(lookMs, look);
  };
  let timer = clock.after(lookMs, look);
  stream.signal.addEventListener("abort", () => timer.cancel());
}

/** When what is applied here is at least as new as everything that was acknowledged to anybody; undefined: it is. */
export function linearizable({ store }: Etcd): Promise<void> | undefined {
  return store.linearizable()?.catch((error: unknown) => {
    throw toEtcdError(error);
  });
}
