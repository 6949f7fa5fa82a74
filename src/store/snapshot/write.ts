// Writing a snapshot while writers go on: versions and history are copy-on-write by nature, so the file shows one moment.
// Invariant: the file appears under its name only when it is whole and durable.
// Called by: snapshotter.ts. Next on the way: read.ts.

import { type Clock, Slicer } from "#lib";
import type { Configuration, SnapshotMark } from "#raft";
import { ByteWriter } from "../bytes.ts";
import type { MvccState } from "../mvcc/state.ts";
import type { Disk, DiskFile } from "../wal/disk.ts";
import { beginFrame, sealFrame } from "../wal/frame.ts";
import {
  encodeSnapshotHeader,
  snapshotName,
  unfinishedSuffix,
  writeAlarm,
  writeAuth,
  writeBatch,
  writeConfiguration,
  writeEnd,
  writeKey,
  writeLease,
  writeMembers,
} from "./format.ts";

/** Large enough for few syncs, small enough that the log's own writes are not held up behind one. */
const frameBytes = 512 * 1024;
/** Most stores are small, and so are their snapshots; for a large one this doubles a few times. */
const firstBytes = 16 * 1024;
const keysPerStep = 256;

export interface SnapshotSource {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly state: MvccState;
  /** Where the state stands in the log, at the moment of the call. */
  readonly mark: SnapshotMark;
  /** The members at that mark, if there is more than one to speak of. */
  readonly configuration?: Configuration;
  /** Of a backup: its data may become another cluster's. */
  readonly withoutMembers?: boolean;
  readonly salt: number;
  /** Ends the writing early, with the signal's reason; what was written is thrown away at the next start. */
  readonly signal: AbortSignal;
}

/** Gathers records into frames and gives the loop back between them. */
class FrameStream {
  readonly writer: ByteWriter;
  readonly #file: DiskFile;
  readonly #salt: number;
  readonly #slicer: Slicer;
  readonly #signal: AbortSignal;
  #number = 0;
  records = 0;

  constructor(source: SnapshotSource, file: DiskFile) {
    this.writer = new ByteWriter(firstBytes, (bytes) => source.disk.allocate(bytes));
    this.#file = file;
    this.#salt = source.salt;
    this.#signal = source.signal;
    this.#slicer = new Slicer(source.clock);
    beginFrame(this.writer);
  }

  /** After each record. */
  async recorded(): Promise<void> {
    this.records++;
    if (this.writer.length >= frameBytes) await this.flush();
    else if (this.#slicer.spent) await this.#slicer.turn();
  }

  async flush(): Promise<void> {
    this.#signal.throwIfAborted();
    // Synced piece by piece: one sync of everything at the end would hold up the log for as long.
    await this.#file.append(sealFrame(this.writer, this.#salt, this.#number++), { sync: true });
    beginFrame(this.writer);
    await this.#slicer.turn();
  }
}

export async function writeSnapshot(source: SnapshotSource): Promise<void> {
  const { disk, state, mark, salt } = source;
  // Everything that belongs to this moment is taken before the first await.
  const { revision, compactRevision } = state;
  const leases = Array.from(state.leases.all(), ({ id, ttlSeconds }) => ({ id, ttlSeconds }));
  const alarms = state.alarms.up;
  const members = state.members.founded && !source.withoutMembers ? state.members.record() : undefined;
  const auth = state.auth.used ? state.auth.record() : undefined;
  const batches = state.history.copy().filter((batch) => batch.revision >= compactRevision);
  const scan = state.scan({ start: "", end: "\0" }, compactRevision, { limit: 0, countOnly: false });
  const pin = state.pin(compactRevision);
  const name = snapshotName(mark.index);
  let file: DiskFile | undefined;
  try {
    file = await disk.create(`${name}${unfinishedSuffix}`);
    await file.append(encodeSnapshotHeader({ ...mark, salt, revision, compactRevision }), { sync: false });
    const stream = new FrameStream(source, file);
    if (source.configuration) {
      writeConfiguration(stream.writer, source.configuration);
      await stream.recorded();
    }
    for (const { id, ttlSeconds } of leases) {
      writeLease(stream.writer, id, ttlSeconds);
      await stream.recorded();
    }
    for (const alarm of alarms) {
      writeAlarm(stream.writer, alarm);
      await stream.recorded();
    }
    if (members) {
      writeMembers(stream.writer, members);
      await stream.recorded();
    }
    if (auth) {
      writeAuth(stream.writer, auth);
      await stream.recorded();
    }
    for (let done = false; !done; ) {
      done = scan.advance(keysPerStep);
      for (const kv of scan.kvs.splice(0)) {
        writeKey(stream.writer, kv);
        await stream.recorded();
      }
    }
    for (const batch of batches) {
      // The batch at the compaction point cannot find its previous versions in the base, which is already past it.
      writeBatch(stream.writer, batch, batch.revision === compactRevision);
      await stream.recorded();
    }
    writeEnd(stream.writer, stream.records);
    await stream.flush();
  } finally {
    pin.release();
    await file?.close();
  }
  await disk.rename(`${name}${unfinishedSuffix}`, name);
  await disk.syncDirectory();
}
