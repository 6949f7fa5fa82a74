// A store on a disk: snapshot, then log, then the same store as in memory, whose log lasts.
// Invariant: opening gives every acknowledged write back, or an error that names the file; it never starts with less.
// Called by: compose/. Next on the way: store.ts; wal/log.ts for how a write lasts.

import type { Clock, Log, MetricRegistry, Prng } from "#lib";
import type { Store } from "./contract.ts";
import { defaultLimits, type StoreLimits } from "./limits.ts";
import { lockFolder } from "./lock.ts";
import { makeMeters } from "./meters.ts";
import type { LogStorage } from "./replica.ts";
import { readNewestSnapshot } from "./snapshot/read.ts";
import { Snapshotter } from "./snapshot/snapshotter.ts";
import { LocalStore } from "./store.ts";
import type { Disk } from "./wal/disk.ts";
import { DiskLog } from "./wal/log.ts";
import { recoverLog } from "./wal/recover.ts";
import { ThreadDisk } from "./wal/threaddisk.ts";

export interface OpenStoreOptions {
  readonly directory: string;
  /** In place of the machine's disk; the folder is not locked then. */
  readonly disk?: Disk;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics?: MetricRegistry;
  readonly limits?: Partial<StoreLimits>;
  /** The disk failed: the store answers nothing any more, and its process should end. */
  readonly failed?: (error: Error) => void;
}

export function openStore(options: OpenStoreOptions): Promise<Store> {
  return openLocalStore(options);
}

/** With all that etcd's face needs beyond the contract. */
export async function openLocalStore(options: OpenStoreOptions): Promise<LocalStore> {
  const unlock = options.disk ? () => undefined : lockFolder(options.directory);
  const disk = options.disk ?? new ThreadDisk(options.directory, options.clock);
  try {
    return await openOn(disk, unlock, options);
  } catch (error) {
    await disk.close();
    unlock();
    throw error;
  }
}

async function openOn(disk: Disk, unlock: () => void, options: OpenStoreOptions): Promise<LocalStore> {
  const { clock, prng, log } = options;
  const limits: StoreLimits = { ...defaultLimits, ...options.limits };
  const startedMs = clock.monotonicMs();
  const { state, mark } = await readNewestSnapshot(disk);
  const { hardState, entries, tail } = await recoverLog(disk, log, mark);
  const diskLog = await DiskLog.open(disk, prng, limits.segmentBytes, tail);
  const meters = makeMeters(options.metrics);
  const snapshotter = new Snapshotter({
    disk,
    clock,
    prng,
    log,
    diskLog,
    state: () => state,
    afterBytes: limits.snapshotAfterBytes,
    last: mark,
    written: () => meters.snapshot(),
  });
  const storage: LogStorage = {
    async persist(batch) {
      const beganMs = clock.monotonicMs();
      await diskLog.persist(batch);
      meters.batch(batch.entries.length, (clock.monotonicMs() - beganMs) / 1000);
    },
    async close() {
      try {
        await snapshotter.close();
        await diskLog.close();
      } finally {
        await disk.close();
        unlock();
      }
    },
  };
  const store: LocalStore = new LocalStore({
    clock,
    prng,
    log,
    limits,
    state,
    storage,
    alone: { hardState, snapshot: mark, entries },
    applied: () => snapshotter.consider(store.applied),
    ...(options.failed ? { failed: options.failed } : {}),
  });
  await store.started;
  if (store.failure) throw store.failure;
  log.info("the store is open", {
    revision: state.revision,
    keys: state.liveKeys,
    entries: entries.length,
    ms: clock.monotonicMs() - startedMs,
  });
  return store;
}
