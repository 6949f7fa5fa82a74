// The nouns of consensus: an entry of the log, the hard state that must outlive a crash, a message between members.
// Invariant: (term, index) names at most one entry in the whole cluster, for ever. (Raft §5.3, Log Matching)
// Called by: log.ts and raft.ts; store/wal/ turns them into bytes. Next on the way: log.ts.

export const entryTypes = ["empty", "command", "configuration"] as const;
/** `empty` opens a leader's term; `configuration` is kept free for member changes. */
export type EntryType = (typeof entryTypes)[number];

export interface Entry {
  readonly term: number;
  readonly index: number;
  readonly type: EntryType;
  readonly data: Uint8Array;
}

/** Members are numbered from 1; 0 stands for nobody. */
export type MemberId = number;

export interface HardState {
  readonly term: number;
  readonly vote: MemberId;
  readonly commit: number;
}

/** Where a snapshot stands in the log: everything up to `index` is in the snapshot. */
export interface SnapshotMark {
  readonly index: number;
  readonly term: number;
}

/** What a member hears about its requests; a member's own disk answers in the same words. */
export type Message =
  | { readonly type: "voteReply"; readonly from: MemberId; readonly term: number; readonly granted: boolean }
  | { readonly type: "appendReply"; readonly from: MemberId; readonly term: number; readonly index: number };
