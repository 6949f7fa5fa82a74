// When a snapshot is due, and what follows from it: the log's files that it covers may go.
// Invariant: one snapshot at a time; one that fails changes nothing, and the next is tried after as much log again.
// Called by: open.ts after each group of applied entries. Next on the way: write.ts.

import type { Clock, Log, Prng } from "#lib";
import type { Configuration, SnapshotMark } from "#raft";
import type { MvccState } from "../mvcc/state.ts";
import type { Disk } from "../wal/disk.ts";
import type { DiskLog } from "../wal/log.ts";
import { snapshotName, unfinishedSuffix } from "./format.ts";
import { writeSnapshot } from "./write.ts";

export interface SnapshotterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly diskLog: DiskLog;
  /** As it is now: another member's may take its place. */
  readonly state: () => MvccState;
  readonly afterBytes: number;
  /** etcd's --snapshot-count. */
  readonly afterEntries?: number;
  /** Of a member of several: who the members were at an index. */
  readonly configurationAt?: (index: number) => Configuration;
  /** The snapshot that the store was opened with; index 0 if there was none. */
  readonly last: SnapshotMark;
  readonly written: () => void;
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #abort = new AbortController();
  #last: SnapshotMark;
  #running: Promise<void> | undefined;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
    this.#last = options.last;
  }

  /** Must be called when `mark` is exactly what the state holds. */
  consider(mark: SnapshotMark): void {
    const { diskLog, afterBytes, afterEntries = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#running || this.#abort.signal.aborted || mark.index === this.#last.index) return;
    // A large state is worth a longer log: else most of what is written would be snapshots.
    const { bytes } = this.#options.state();
    if (diskLog.bytesSinceSnapshot < Math.max(afterBytes, bytes / 2) && mark.index - this.#last.index < afterEntries) return;
    diskLog.snapshotBegins();
    this.#running = this.#write(mark).finally(() => {
      this.#running = undefined;
    });
  }

  /** Gives up what is being written. */
  async close(): Promise<void> {
    this.#abort.abort(new Error("the store is closing"));
    await this.#running;
  }

  /** Another member's snapshot, durable under its name, takes the place of ours, and of what is being written. */
  async replacedBy(mark: SnapshotMark): Promise<void> {
    this.#abort.abort(new Error("another member's snapshot is newer"));
    await this.#running;
    this.#abort = new AbortController();
    const before = this.#last;
    this.#last = mark;
    await this.#options.diskLog.replacedBy(mark);
    if (before.index > 0) await this.#options.disk.remove(snapshotName(before.index));
  }

  async #write(mark: SnapshotMark): Promise<void> {
    const { disk, clock, prng, diskLog, log, written, configurationAt } = this.#options;
    const { signal } = this.#abort;
    const state = this.#options.state();
    const configuration = configurationAt ? { configuration: configurationAt(mark.index) } : {};
    const salt = Buffer.from(prng.bytes(4)).readUInt32LE();
    try {
      await writeSnapshot({ disk, clock, state, mark, salt, signal, ...configuration });
      const before = this.#last;
      this.#last = mark;
      await diskLog.snapshotDone(mark);
      if (before.index > 0) await disk.remove(snapshotName(before.index));
      written();
    } catch (error) {
      if (signal.aborted) return;
      log.error("a snapshot could not be written; the log keeps everything", { error });
      // What was written may be what fills the disk.
      await disk.remove(`${snapshotName(mark.index)}${unfinishedSuffix}`).catch(() => undefined);
    }
  }
}
