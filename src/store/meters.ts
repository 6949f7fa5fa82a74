// What a store's log and snapshots cost, for /metrics.
// Invariant: without a registry nothing is counted, and nothing is spent on it.
// Called by: open.ts, members/open.ts. Next on the way: wal/log.ts.

import type { MetricRegistry } from "#lib";

export function makeMeters(metrics: MetricRegistry | undefined): {
  batch: (entries: number, seconds: number) => void;
  snapshot: () => void;
} {
  if (!metrics) return { batch: () => undefined, snapshot: () => undefined };
  const seconds = metrics.histogram(
    "dhow_store_log_batch_seconds",
    "Time to write and sync one batch of the log.",
    [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1],
  );
  const entries = metrics.counter("dhow_store_log_entries_total", "Entries that the log has made durable.");
  const snapshots = metrics.counter("dhow_store_snapshots_total", "Snapshots written.");
  return {
    batch(count, took) {
      seconds.observe(took);
      entries.add({}, count);
    },
    snapshot: () => snapshots.add(),
  };
}
