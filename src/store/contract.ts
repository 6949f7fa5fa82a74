// What a store is: the asynchronous, closed interface between the API server and whoever keeps the data.
// Invariant: a promise that resolved means durable; revisions only grow; a watch has every revision of its range once and in order.
// Implemented by: store/open.ts (our log and MVCC), store/memory.ts (the same without a disk), store/remote (an etcd elsewhere).
// Called by: apiserver/ and compose/ only. Next on the way: mvcc/ for what it means, wal/ for how it lasts.

declare const revisionBrand: unique symbol;
/** The store's global clock. Whole, below 2^53; 0 stands for "no revision". */
export type Revision = number & { readonly [revisionBrand]: true };
export type LeaseId = bigint;

/** Why a write happened, kept in the same log entry as the write, never inside the object. (architecture decision 10) */
export interface Cause {
  readonly user: string;
  readonly traceId: string;
  readonly spanId: string;
  /** The revisions that woke the writer; at most eight. */
  readonly causes: readonly Revision[];
}

/** Keys are strings of bytes (each character below 256), ordered by byte. */
export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** 1 for the first write since the key was created. */
  readonly version: number;
  readonly lease?: LeaseId;
}

/** Keys in [start, end); without `end` exactly the key `start`. */
export interface KeyRange {
  readonly start: string;
  readonly end?: string;
}

export interface RangeRequest extends KeyRange {
  /** Absent: the newest state, linearizable. */
  readonly revision?: Revision;
  readonly limit?: number;
  readonly countOnly?: boolean;
  readonly keysOnly?: boolean;
}

export interface RangeResult {
  /** The store's revision when it answered. */
  readonly revision: Revision;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  /** All keys of the range, not just those of this page. */
  readonly count: number;
}

/** The transactions that Kubernetes needs: one key, one compare on its mod revision. 0 means "does not exist". */
export interface TxnRequest {
  readonly key: string;
  readonly expect: Revision;
  readonly operation: { readonly type: "put"; readonly value: Uint8Array; readonly lease?: LeaseId } | { readonly type: "delete" };
  readonly cause?: Cause;
}

export type TxnResult =
  | { readonly succeeded: true; readonly revision: Revision; readonly previous?: KeyValue }
  /** `current` is the key as it stands, absent if there is none. */
  | { readonly succeeded: false; readonly revision: Revision; readonly current?: KeyValue };

export type StoreEvent =
  | { readonly type: "put"; readonly kv: KeyValue; readonly previous?: KeyValue }
  /** `kv.value` is empty and `kv.modRevision` the revision of the deletion. `previous` comes where the store has it at hand. */
  | { readonly type: "delete"; readonly kv: KeyValue; readonly previous?: KeyValue };

/** All events of one revision that lie in the watch's range. */
export interface EventBatch {
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
  readonly cause?: Cause;
}

export interface WatchRequest extends KeyRange {
  /** The first revision wanted. Below the compaction point the watch ends with `compacted`. */
  readonly startRevision: Revision;
}

/** Called synchronously, in revision order, never after `closed`. */
export interface WatchSink {
  batch(batch: EventBatch): void;
  /** Everything up to `revision` has been delivered. Comes after `requestProgress()` and when the store sees fit. */
  progress(revision: Revision): void;
  closed(error?: StoreError): void;
}

export interface StoreWatch {
  requestProgress(): void;
  close(): void;
}

export interface StoreStatus {
  readonly revision: Revision;
  readonly compactRevision: Revision;
  readonly keys: number;
  readonly bytes: number;
  readonly raftTerm: number;
  readonly raftIndex: number;
}

export type StoreErrorCode = "compacted" | "future" | "tooLarge" | "noSpace" | "leaseNotFound" | "unavailable" | "outcomeUnknown";

export class StoreError extends Error {
  override name = "StoreError";
  readonly code: StoreErrorCode;
  /** For `compacted`: the oldest revision that can still be read. */
  readonly compactRevision: Revision | undefined;

  constructor(code: StoreErrorCode, message: string, compactRevision?: Revision) {
    super(message);
    this.code = code;
    this.compactRevision = compactRevision;
  }
}

export interface Store {
  range(request: RangeRequest): Promise<RangeResult>;
  txn(request: TxnRequest): Promise<TxnResult>;
  watch(request: WatchRequest, sink: WatchSink): StoreWatch;
  /** `ttlSeconds` ≥ 1. A lease that expires deletes its keys, as one revision. */
  grantLease(ttlSeconds: number): Promise<{ id: LeaseId; ttlSeconds: number }>;
  keepAlive(id: LeaseId): Promise<{ ttlSeconds: number }>;
  revokeLease(id: LeaseId): Promise<void>;
  /** Forgets history below `revision`; the newest state of every key stays. */
  compact(revision: Revision): Promise<void>;
  /** A revision that is at least as new as every write acknowledged before the call. */
  linearizableRevision(): Promise<Revision>;
  /** Why `revision` was written, if the store knows and has not compacted it. */
  causeOf(revision: Revision): Cause | undefined;
  status(): StoreStatus;
  close(): Promise<void>;
}
