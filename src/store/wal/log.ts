// The log on disk: batches of raft entries as frames in segments, each durable before anybody hears of it.
// Invariant: `persist` resolves after fdatasync; a file is filled only after the one before it is complete and durable.
// Called by: replica.ts (persist), snapshot/ (what may go). Opened by recover.ts. Next on the way: disk.ts.

import type { Prng } from "#lib";
import type { Entry, HardState, SnapshotMark } from "#raft";
import { ByteWriter } from "../bytes.ts";
import type { LogStorage } from "../replica.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { beginFrame, sealFrame } from "./frame.ts";
import { writeEntry, writeHardState, writeSnapshotMark } from "./record.ts";
import { encodeSegmentHeader, segmentHeaderBytes, segmentName } from "./segment.ts";

/** To begin with: it grows with the first large batch, and stays. */
const writerBytes = 16 * 1024;
/** A larger frame's memory is given back after it. */
const keptWriterBytes = 4 * 1024 * 1024;

export interface SegmentInfo {
  readonly number: number;
  readonly name: string;
  /** The last index in this file, or before it if it has no entry. */
  lastIndex: number;
}

/** Where recovery ended, and where writing goes on. */
export interface LogTail {
  readonly segments: SegmentInfo[];
  readonly nextFrame: number;
  readonly lastIndex: number;
  readonly hardState: HardState;
  /** All bytes of all segments. */
  readonly bytes: number;
  /** A snapshot that the log does not speak of yet, and that voids what stands there: the next frame says so. */
  readonly mark?: SnapshotMark;
  /** The last segment, if it is to be continued. */
  readonly open?: { readonly salt: number; readonly bytes: number };
}

export class DiskLog implements LogStorage {
  readonly #disk: Disk;
  readonly #prng: Prng;
  readonly #segmentBytes: number;
  readonly #segments: SegmentInfo[];
  #writer: ByteWriter;
  #file: DiskFile | undefined;
  #salt = 0;
  #fileBytes = 0;
  #nextFrame: number;
  #lastIndex: number;
  #hardState: HardState;
  #mark: SnapshotMark | undefined;
  /** A new file before its first frame. */
  #begun: SegmentInfo | undefined;
  #rotate = false;
  #bytesSinceSnapshot: number;

  private constructor(disk: Disk, prng: Prng, segmentBytes: number, tail: LogTail) {
    this.#disk = disk;
    this.#prng = prng;
    this.#segmentBytes = segmentBytes;
    this.#segments = tail.segments;
    this.#nextFrame = tail.nextFrame;
    this.#lastIndex = tail.lastIndex;
    this.#hardState = tail.hardState;
    this.#bytesSinceSnapshot = tail.bytes;
    this.#mark = tail.mark;
    this.#writer = this.#newWriter();
  }

  static async open(disk: Disk, prng: Prng, segmentBytes: number, tail: LogTail): Promise<DiskLog> {
    const log = new DiskLog(disk, prng, segmentBytes, tail);
    const last = tail.segments.at(-1);
    if (tail.open && last) {
      log.#file = await disk.open(last.name);
      log.#salt = tail.open.salt;
      log.#fileBytes = tail.open.bytes;
    }
    return log;
  }

  /** How much log a restart would read, beyond the snapshot. */
  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot;
  }

  async persist(batch: { readonly hardState?: HardState; readonly entries: readonly Entry[] }): Promise<void> {
    const fresh = !this.#file || this.#rotate || this.#fileBytes >= this.#segmentBytes;
    const file = fresh ? await this.#startSegment() : this.#file!;
    const writer = this.#writer;
    beginFrame(writer);
    if (batch.hardState) this.#hardState = batch.hardState;
    // Each file opens with the hard state, so that the files before it may go.
    if (batch.hardState || fresh) writeHardState(writer, this.#hardState);
    if (this.#mark) writeSnapshotMark(writer, this.#mark);
    this.#mark = undefined;
    for (const entry of batch.entries) writeEntry(writer, entry);
    const frame = sealFrame(writer, this.#salt, this.#nextFrame);
    await file.append(frame, { sync: true });
    // Only now does this file hold the hard state: as long as it does not, the one before must stay.
    if (this.#begun) this.#segments.push(this.#begun);
    this.#begun = undefined;
    this.#nextFrame++;
    this.#fileBytes += frame.length;
    this.#bytesSinceSnapshot += frame.length;
    this.#lastIndex = batch.entries.at(-1)?.index ?? this.#lastIndex;
    this.#segments.at(-1)!.lastIndex = this.#lastIndex;
    if (frame.length > keptWriterBytes) this.#writer = this.#newWriter();
  }

  /** A snapshot begins: the next batch opens a new file, so that the present one can go one day. */
  snapshotBegins(): void {
    this.#rotate = true;
    this.#bytesSinceSnapshot = 0;
  }

  /** The snapshot is durable: files that it covers go, oldest first. */
  async snapshotDone(mark: SnapshotMark): Promise<void> {
    this.#mark = mark;
    while (this.#segments.length > 1 && this.#segments[0]!.lastIndex <= mark.index) {
      await this.#disk.remove(this.#segments.shift()!.name);
    }
    await this.#disk.syncDirectory();
  }

  /** Another member's snapshot took the place of everything here; it is durable. Entries go on after `mark`, whatever stood there before. */
  async replacedBy(mark: SnapshotMark): Promise<void> {
    this.snapshotBegins();
    this.#lastIndex = mark.index;
    await this.snapshotDone(mark);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #startSegment(): Promise<DiskFile> {
    this.#rotate = false;
    await this.#file?.close();
    const number = (this.#segments.at(-1)?.number ?? 0) + 1;
    const name = segmentName(number);
    this.#salt = Buffer.from(this.#prng.bytes(4)).readUInt32LE();
    const header = { salt: this.#salt, number, firstFrame: this.#nextFrame, previousIndex: this.#lastIndex };
    const file = await this.#disk.create(name);
    await file.append(encodeSegmentHeader(header), { sync: true });
    await this.#disk.syncDirectory();
    this.#begun = { number, name, lastIndex: this.#lastIndex };
    this.#file = file;
    this.#fileBytes = segmentHeaderBytes;
    return file;
  }

  #newWriter(): ByteWriter {
    return new ByteWriter(writerBytes, (bytes) => this.#disk.allocate(bytes));
  }
}
