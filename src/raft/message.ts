// What members say to each other. Every message names its sender, its receiver and the sender's term.
// Invariant: any of them may be lost, doubled, late or out of order, and nothing unsafe follows from it.
// Called by: raft.ts takes them in, election.ts, replication.ts, readindex.ts and transfer.ts make them. Next on the way: state.ts.

import type { Configuration } from "./configuration.ts";
import type { Entry, MemberId, SnapshotMark } from "./entry.ts";

interface Envelope {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: number;
}

/** `pre` asks whether a vote would be given; the term is then the one the sender would stand in. `transfer`: the leader wants it so. */
export type Vote = Envelope & { readonly type: "vote"; readonly pre: boolean; readonly transfer: boolean; readonly last: SnapshotMark };
export type VoteReply = Envelope & { readonly type: "voteReply"; readonly pre: boolean; readonly granted: boolean };

/** `previous` stands just before the first of `entries`. Without entries it asks whether the two logs agree so far. */
export type Append = Envelope & {
  readonly type: "append";
  readonly previous: SnapshotMark;
  readonly entries: readonly Entry[];
  readonly commit: number;
};
/** Accepted: the sender's disk has the leader's log up to `index`. Refused: `index` was asked for, `hint` is where the logs may meet. */
export type AppendReply = Envelope & { readonly type: "appendReply"; readonly index: number; readonly hint?: SnapshotMark };

/** `read` numbers the leader's questions "am I still the one?"; the reply repeats it. (Raft §6.4 of the thesis) */
export type Heartbeat = Envelope & { readonly type: "heartbeat"; readonly commit: number; readonly read: number };
export type HeartbeatReply = Envelope & { readonly type: "heartbeatReply"; readonly read: number };

/** A snapshot's description; its bytes came beside it and are the shell's. */
export type Snapshot = Envelope & { readonly type: "snapshot"; readonly mark: SnapshotMark; readonly configuration: Configuration };

export type TimeoutNow = Envelope & { readonly type: "timeoutNow" };
export type Read = Envelope & { readonly type: "read"; readonly id: number };
/** Without an index: refused, ask again. */
export type ReadReply = Envelope & { readonly type: "readReply"; readonly id: number; readonly index?: number };

export type Message = Vote | VoteReply | Append | AppendReply | Heartbeat | HeartbeatReply | Snapshot | TimeoutNow | Read | ReadReply;
