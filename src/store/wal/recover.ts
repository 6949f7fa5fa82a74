// Reading the log after a start: every segment, every frame, until the end or the first void frame.
// Invariant: a torn tail is cut, for nobody was told of it; damage before the tail is refused with the file and the byte.
// Called by: open.ts. Next on the way: log.ts, which writes on from here.

import type { Log } from "#lib";
import type { Entry, HardState, SnapshotMark } from "#raft";
import { CorruptFile, type Disk } from "./disk.ts";
import { findLaterFrame, readFrame } from "./frame.ts";
import type { LogTail, SegmentInfo } from "./log.ts";
import { readRecords } from "./record.ts";
import { decodeSegmentHeader, formatVersion, type SegmentHeader, segmentHeaderBytes, segmentNumber } from "./segment.ts";

export interface RecoveredLog {
  readonly hardState: HardState;
  /** Entries after the snapshot. */
  readonly entries: readonly Entry[];
  readonly tail: LogTail;
}

interface Reading {
  readonly disk: Disk;
  readonly log: Log;
  readonly snapshot: SnapshotMark;
  readonly entries: Entry[];
  readonly segments: SegmentInfo[];
  hardState: HardState;
  lastIndex: number;
  /** The term of the entry that the log has at the snapshot's index, if it has one. */
  termAtSnapshot: number | undefined;
  nextFrame: number;
  bytes: number;
  open: { salt: number; bytes: number } | undefined;
}

export async function recoverLog(disk: Disk, log: Log, snapshot: SnapshotMark): Promise<RecoveredLog> {
  const names = await newestRun(disk, log);
  const reading: Reading = {
    disk,
    log,
    snapshot,
    entries: [],
    segments: [],
    hardState: { term: snapshot.term, vote: 0, commit: snapshot.index },
    lastIndex: snapshot.index,
    termAtSnapshot: undefined,
    nextFrame: 0,
    bytes: 0,
    open: undefined,
  };
  for (const [position, name] of names.entries()) await readSegment(reading, name, position === names.length - 1);
  // The crash came after another member's snapshot was whole, and before the log said so.
  const unsaid = dropReplaced(reading, snapshot);
  const { hardState, entries, segments, nextFrame, lastIndex, bytes, open } = reading;
  const last = segments.at(-1);
  if (last && hardState.commit > lastIndex)
    throw new CorruptFile(last.name, 0, `the log ends at ${lastIndex}, before its own commit ${hardState.commit}`);
  const tail: LogTail = {
    segments,
    nextFrame,
    lastIndex,
    hardState,
    bytes,
    ...(open ? { open } : {}),
    ...(unsaid ? { mark: snapshot } : {}),
  };
  return { hardState, entries, tail };
}

/**
 * The newest consecutive segments. Older ones before a hole are leftovers: they were being removed, a snapshot covers
 * them, and the crash kept some. That the snapshot does cover them is checked by `previousIndex`.
 */
async function newestRun(disk: Disk, log: Log): Promise<string[]> {
  const numbers = new Map<number, string>();
  for (const name of await disk.list()) {
    const number = segmentNumber(name);
    if (number !== undefined) numbers.set(number, name);
  }
  const sorted = [...numbers.keys()].sort((a, b) => b - a);
  const run = sorted.filter((number, position) => number === sorted[0]! - position);
  for (const number of sorted.slice(run.length)) {
    log.warn("removing a log file that a snapshot has replaced", { file: numbers.get(number) });
    await disk.remove(numbers.get(number)!);
  }
  return run.reverse().map((number) => numbers.get(number)!);
}

async function readSegment(reading: Reading, name: string, isLast: boolean): Promise<void> {
  const { disk, log } = reading;
  const file = await disk.read(name, 0, await disk.size(name));
  const header = decodeSegmentHeader(file);
  if (!header) {
    // The header is durable before anything follows it: a file with no more than that was being made when the crash came.
    if (!isLast || file.length > segmentHeaderBytes) throw new CorruptFile(name, 0, "its header is not valid");
    return removeUnbegun(disk, log, name);
  }
  checkHeader(reading, name, header);
  reading.nextFrame = header.firstFrame;
  let at = segmentHeaderBytes;
  while (at < file.length) {
    const frame = readFrame(file, at, header.salt);
    if (!frame || frame.number !== reading.nextFrame) {
      await cutTail(reading, name, file, at, header, isLast);
      break;
    }
    for (const record of readRecords(frame.payload)) {
      if (record.type === "hardState") reading.hardState = record.hardState;
      else if (record.type === "snapshotMark") dropReplaced(reading, record.mark);
      else if (record.type === "entry") addEntry(reading, record.entry, name, at);
    }
    reading.nextFrame++;
    at = frame.end;
  }
  // Without a frame it has no hard state, and must not be taken for a file that has: the one before it would be given up.
  if (isLast && at === segmentHeaderBytes) return removeUnbegun(disk, log, name);
  reading.bytes += at;
  reading.segments.push({ number: header.number, name, lastIndex: reading.lastIndex });
  reading.open = { salt: header.salt, bytes: at };
}

async function removeUnbegun(disk: Disk, log: Log, name: string): Promise<void> {
  log.warn("removing a log file that was never begun", { file: name });
  await disk.remove(name);
  await disk.syncDirectory();
}

function checkHeader(reading: Reading, name: string, header: SegmentHeader): void {
  if (header.leastReader > formatVersion) {
    throw new Error(
      `${name} has format ${header.version}, which needs a reader of format ${header.leastReader}; this one reads up to ${formatVersion}`,
    );
  }
  if (header.number !== segmentNumber(name)) throw new CorruptFile(name, 16, `it is segment ${header.number}, its name says another`);
  const first = reading.segments.length === 0;
  if (first && header.previousIndex > reading.snapshot.index) {
    throw new CorruptFile(name, 32, `entries ${reading.snapshot.index + 1} to ${header.previousIndex} are missing before it`);
  }
  if (!first && header.firstFrame !== reading.nextFrame) {
    throw new CorruptFile(name, 24, `it begins with frame ${header.firstFrame}, but frame ${reading.nextFrame} is next`);
  }
}

async function cutTail(reading: Reading, name: string, file: Buffer, at: number, header: SegmentHeader, isLast: boolean): Promise<void> {
  if (!isLast) throw new CorruptFile(name, at, "a frame is not valid, and later files follow");
  const later = findLaterFrame(file, at + 1, header.salt, reading.nextFrame);
  if (later !== undefined) throw new CorruptFile(name, at, `a frame is not valid, and a valid later one follows at byte ${later}`);
  reading.log.warn("cutting a torn tail off the log: the crash came while it was written", {
    file: name,
    from: at,
    bytes: file.length - at,
  });
  await reading.disk.truncate(name, at);
}

/** A snapshot from another member stands where our own log had something else: what followed that is void. True if so. */
function dropReplaced(reading: Reading, mark: SnapshotMark): boolean {
  const { snapshot, termAtSnapshot, entries } = reading;
  if (mark.index !== snapshot.index) return false;
  // If the entry at the mark is gone with its file, what follows tells by its term: terms never fall, and equal terms are equal logs.
  const differs = termAtSnapshot === undefined ? entries.length > 0 && entries[0]!.term < mark.term : termAtSnapshot !== mark.term;
  if (!differs) return false;
  reading.entries.length = 0;
  reading.lastIndex = mark.index;
  reading.termAtSnapshot = mark.term;
  return true;
}

function addEntry(reading: Reading, entry: Entry, name: string, at: number): void {
  const { entries, snapshot } = reading;
  if (entry.index > reading.lastIndex + 1) {
    throw new CorruptFile(name, at, `entry ${entry.index} follows entry ${reading.lastIndex}`);
  }
  if (entry.index <= snapshot.index) reading.termAtSnapshot = entry.index === snapshot.index ? entry.term : undefined;
  // A new leader may have overwritten what an old one had only proposed. (Raft §5.3)
  if (entry.index <= snapshot.index) entries.length = 0;
  else {
    entries.length = entry.index - snapshot.index - 1;
    entries.push(entry);
  }
  reading.lastIndex = Math.max(entry.index, snapshot.index);
}
