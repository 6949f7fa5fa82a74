// The door of store/: the contract, and the ways to get a store.
// Invariant: nobody outside depends on how a store keeps its data.
// Called by: apiserver/ and compose/. Next on the way: contract.ts, then open.ts.

import type { EtcdServer, ServeEtcdOptions } from "./etcd/serve.ts";
import type { Store } from "./contract.ts";
import type { StoreTools } from "./offline/tools.ts";
import type { RemoteStoreOptions } from "./remote/open.ts";

export {
  type Cause,
  type EventBatch,
  type KeyRange,
  type KeyValue,
  type LeaseId,
  type RangeRequest,
  type RangeResult,
  type Revision,
  type Store,
  StoreError,
  type StoreErrorCode,
  type StoreEvent,
  type StoreStatus,
  type StoreWatch,
  type TxnRequest,
  type TxnResult,
  type WatchRequest,
  type WatchSink,
} from "./contract.ts";
export { defaultLimits, type StoreLimits } from "./limits.ts";
export { type MemoryStoreOptions, memoryStore } from "./memory.ts";
export { FolderInUse } from "./lock.ts";
export { type OpenStoreOptions, openStore } from "./open.ts";
export { decode as decodeEtcd, encode as encodeEtcd } from "./etcd/codec.ts";
export { calls as etcdCalls } from "./etcd/messages.gen.ts";
export type { AutoCompaction } from "./etcd/autocompaction.ts";
export type { EtcdServer, ServeEtcdOptions } from "./etcd/serve.ts";
export type { PeerTls } from "./peers/address.ts";
export type { StoreTools } from "./offline/tools.ts";
export type { RemoteStoreOptions } from "./remote/open.ts";
export { revision } from "./revision.ts";
export { CorruptFile, type Disk, DiskError, type DiskFile } from "./wal/disk.ts";
export { SimulatedDisk } from "./wal/simulateddisk.ts";

/** Of a folder that no store has open; loaded only by a process that does that. */
export const checkStore = async (directory: string, tools: StoreTools): Promise<void> =>
  (await import("./offline/tools.ts")).checkStore(directory, tools);
export const dumpStore = async (directory: string, tools: StoreTools): Promise<void> =>
  (await import("./offline/tools.ts")).dumpStore(directory, tools);
export const backupStore = async (directory: string, file: string, tools: StoreTools): Promise<void> =>
  (await import("./offline/tools.ts")).backupStore(directory, file, tools);
export const restoreStore = async (directory: string, file: string, tools: StoreTools): Promise<void> =>
  (await import("./offline/tools.ts")).restoreStore(directory, file, tools);

/** etcd's face; loaded only by a process that shows it. */
export async function serveEtcd(options: ServeEtcdOptions): Promise<EtcdServer> {
  const { serveEtcd: serve } = await import("./etcd/serve.ts");
  return serve(options);
}

/** Somebody else's store as ours; loaded only by a process that has one. */
export async function openRemoteStore(options: RemoteStoreOptions): Promise<Store> {
  const { openRemoteStore: open } = await import("./remote/open.ts");
  return open(options);
}
