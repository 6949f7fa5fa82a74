// The bounds of a store, with etcd's defaults where etcd has them.
// Invariant: everything that waits or grows in the store is bounded by one of these.
// Called by: memory.ts, open.ts, store.ts. Next on the way: store.ts.

export interface StoreLimits {
  /** Key and value of one request; etcd's --max-request-bytes. */
  readonly maxRequestBytes: number;
  /** Keys and values of all versions; beyond it puts are refused; etcd's --quota-backend-bytes. */
  readonly quotaBytes: number;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxBatchBytes: number;
  readonly maxWatchers: number;
  /** A log file is full at this size. */
  readonly segmentBytes: number;
  /** A snapshot is due after this much log. */
  readonly snapshotAfterBytes: number;
}

const mebibyte = 1024 * 1024;

export const defaultLimits: StoreLimits = {
  maxRequestBytes: 1.5 * mebibyte,
  quotaBytes: 2048 * mebibyte,
  maxPending: 16_384,
  maxPendingBytes: 64 * mebibyte,
  maxBatchBytes: 2 * mebibyte,
  maxWatchers: 100_000,
  segmentBytes: 16 * mebibyte,
  snapshotAfterBytes: 64 * mebibyte,
};
