// The second door of store/: its parts, for whoever puts members together itself.
// Invariant: only sim/ comes in here; everybody else takes a whole store (index.ts).
// Called by: sim/store/. Next on the way: mvcc/state.ts, wal/log.ts.

export type { EventBatch, KeyValue, LeaseId, Store, StoreError, StoreWatch, WatchRequest, WatchSink } from "./contract.ts";
export { encode as encodeMessage } from "./etcd/codec.ts";
export { unwrap } from "./members/forwarded.ts";
export { type Member as StoreMember, openMember } from "./members/open.ts";
export { type Command, decodeCommand, encodeCommand } from "./mvcc/command.ts";
export type { MemberChange, MemberRecord } from "./mvcc/members.ts";
export { MvccState, type Outcome } from "./mvcc/state.ts";
export { PeerUnreachable } from "./peers/link.ts";
export type { PeerNetwork, PeersOptions } from "./peers/peers.ts";
export { openStore } from "./open.ts";
export { revision } from "./revision.ts";
export { snapshotName, unfinishedSuffix } from "./snapshot/format.ts";
export { type LoadedSnapshot, readNewestSnapshot } from "./snapshot/read.ts";
export { writeSnapshot } from "./snapshot/write.ts";
export { CorruptFile, type Disk, type DiskFile } from "./wal/disk.ts";
export { DiskLog } from "./wal/log.ts";
export { recoverLog } from "./wal/recover.ts";
export { SimulatedDisk } from "./wal/simulateddisk.ts";
export { WatchHub } from "./watch/hub.ts";
