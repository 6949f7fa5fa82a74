// The door of raft/: the state machine and its nouns.
// Invariant: nothing here does I/O, reads a clock or waits.
// Called by: store/replica.ts, store/wal/, sim/store/. Next on the way: raft.ts.

export { type Configuration, decodeConfiguration, encodeConfiguration, isVoter, membersOf, quorumValue } from "./configuration.ts";
export type { Input, RaftOptions, Ready, Refusal } from "./contract.ts";
export { type Entry, type EntryType, entryTypes, type HardState, type MemberId, type SnapshotMark } from "./entry.ts";
export type { Message, Snapshot } from "./message.ts";
export { Raft } from "./raft.ts";
export type { RaftLimits, ReadAnswer, Restore, Role } from "./state.ts";
