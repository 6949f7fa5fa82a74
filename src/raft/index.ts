// The door of raft/: the state machine and its nouns.
// Invariant: nothing here does I/O, reads a clock or waits.
// Called by: store/replica.ts and store/wal/. Next on the way: raft.ts.

export { type Entry, type EntryType, entryTypes, type HardState, type MemberId, type Message, type SnapshotMark } from "./entry.ts";
export { type Input, Raft, type RaftOptions, type Ready, type Role } from "./raft.ts";
