// Reading the newest snapshot at a start: records into a fresh state, never looking into a value.
// Invariant: a file under a snapshot's name is whole; if it is not, the store refuses to start and says where.
// Called by: open.ts, before the log. Next on the way: wal/recover.ts for what came after.

import type { Configuration, SnapshotMark } from "#raft";
import { MvccState } from "../mvcc/state.ts";
import { CorruptFile, type Disk } from "../wal/disk.ts";
import { frameHeaderBytes, maxFrameBytes, readFrame } from "../wal/frame.ts";
import {
  decodeSnapshotHeader,
  type PreviousOf,
  readSnapshotRecords,
  type SnapshotHeader,
  snapshotHeaderBytes,
  snapshotIndex,
  unfinishedSuffix,
} from "./format.ts";

export interface LoadedSnapshot {
  readonly state: MvccState;
  readonly mark: SnapshotMark;
  /** Absent: the store has always been alone. */
  readonly configuration?: Configuration;
}

export async function readNewestSnapshot(disk: Disk): Promise<LoadedSnapshot> {
  let newest: { name: string; index: number } | undefined;
  const old: string[] = [];
  for (const name of await disk.list()) {
    const index = snapshotIndex(name);
    if (name.endsWith(unfinishedSuffix)) old.push(name);
    if (index === undefined) continue;
    if (newest && newest.index > index) old.push(name);
    else {
      if (newest) old.push(newest.name);
      newest = { name, index };
    }
  }
  const loaded = newest ? await readSnapshot(disk, newest.name) : { state: new MvccState(), mark: { index: 0, term: 0 } };
  for (const name of old) await disk.remove(name);
  return loaded;
}

/** `breathe` is awaited between pieces, by those who have others to serve meanwhile. */
export async function readSnapshot(disk: Disk, name: string, breathe?: () => Promise<void>): Promise<LoadedSnapshot> {
  const header = decodeSnapshotHeader(await disk.read(name, 0, snapshotHeaderBytes));
  if (!header) throw new CorruptFile(name, 0, "its header is not valid");
  // Until the first revision is read back, history ends just before the compaction point.
  const state = new MvccState(Math.max(header.compactRevision - 1, 1), header.compactRevision);
  // At the compaction point itself the base is already past the event: there the file says what was before.
  const previousOf: PreviousOf = (key, at) => (at > header.compactRevision ? state.newest(key) : undefined);
  let at = snapshotHeaderBytes;
  let records = 0;
  let configuration: Configuration | undefined;
  for (let number = 0; ; number++) {
    const frame = await nextFrame(disk, name, at, number, header);
    for (const record of readSnapshotRecords(frame.payload, previousOf)) {
      if (record.type === "lease") state.leases.grant(record.id, record.ttlSeconds);
      else if (record.type === "alarm") state.alarms.set(record.alarm, true);
      else if (record.type === "auth") state.auth.restore(record.auth);
      else if (record.type === "members") state.members.restore(record.members);
      else if (record.type === "key") state.restoreKey(record.kv);
      else if (record.type === "revision") state.restoreBatch(record.batch);
      else if (record.type === "configuration") configuration = record.configuration;
      else {
        if (record.records !== records || state.revision !== header.revision)
          throw new CorruptFile(name, at, "its end does not fit its contents");
        return { state, mark: { index: header.index, term: header.term }, ...(configuration ? { configuration } : {}) };
      }
      records++;
    }
    at = frame.end;
    await breathe?.();
  }
}

/** Each frame is read into memory of its own, so that one living value pins no more than its frame. */
async function nextFrame(
  disk: Disk,
  name: string,
  at: number,
  number: number,
  header: SnapshotHeader,
): Promise<{ payload: Buffer; end: number }> {
  const head = await disk.read(name, at, frameHeaderBytes);
  const length = head.length === frameHeaderBytes ? head.readUInt32LE(4) : 0;
  if (length === 0 || length > maxFrameBytes) throw new CorruptFile(name, at, "a frame is not valid");
  const frame = readFrame(await disk.read(name, at, frameHeaderBytes + length), 0, header.salt);
  if (!frame || frame.number !== number) throw new CorruptFile(name, at, "a frame is not valid");
  return { payload: frame.payload, end: at + frame.end };
}
