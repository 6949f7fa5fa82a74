// The nouns of consensus: an entry of the log, the hard state that must outlive a crash, where a snapshot stands.
// Invariant: (term, index) names at most one entry in the whole cluster, for ever. (Raft §5.3, Log Matching)
// Called by: everything in raft/; store/wal/ turns them into bytes. Next on the way: message.ts.

export const entryTypes = ["empty", "command", "configuration"] as const;
/** `empty` opens a leader's term; the data of a `configuration` says who the members are (configuration.ts). */
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
