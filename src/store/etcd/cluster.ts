// What the face asks of the cluster: who belongs to it, who leads, how to change that.
// Invariant: a store alone is a cluster of one, which leads.
// Implemented by: members/group.ts, and here for a store without a folder of its own. Called by: rpc/. Next on the way: members/group.ts.

import type { LeaseId } from "../contract.ts";
import type { MemberChange, MemberRecord } from "../mvcc/members.ts";
import type { Outcome } from "../mvcc/state.ts";
import type { LocalStore } from "../store.ts";
import type { Identity } from "./etcd.ts";

export interface Cluster {
  readonly members: readonly MemberRecord[];
  /** Undefined: it has left. */
  readonly self: MemberRecord | undefined;
  readonly isLearner: boolean;
  readonly isLeader: boolean;
  /** Undefined: nobody that we know of. */
  readonly leader: MemberRecord | undefined;
  readonly committedIndex: number;
  isConnected(member: MemberRecord): boolean;
  change(change: MemberChange): Promise<Outcome>;
  /** A learner becomes a voter, if it has nearly all of the log. */
  promote(member: MemberRecord): Promise<Outcome | "notReady">;
  moveLeader(member: MemberRecord): Promise<boolean>;
  renewLease(id: LeaseId): Promise<number | undefined>;
  leaseRemainingMs(id: LeaseId): Promise<number | undefined>;
}

export function soleCluster(store: LocalStore, { memberId, name, peerUrls, clientUrls }: Identity): Cluster {
  const self: MemberRecord = { number: 1, id: memberId.toString(16), name, peerUrls, clientUrls, learner: false };
  return {
    members: [self],
    self,
    isLearner: false,
    isLeader: true,
    leader: self,
    get committedIndex() {
      return store.status().raftIndex;
    },
    isConnected: () => true,
    change: (change) => store.execute({ type: "members", change }),
    promote: async () => ({ type: "refused", reason: "memberNotLearner" }),
    moveLeader: async () => true,
    renewLease: async (id) => store.renewLease(id),
    leaseRemainingMs: async (id) => store.leaseRemainingMs(id),
  };
}
