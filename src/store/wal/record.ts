// Records: what a frame of the log says. Entries, the hard state, and where a snapshot stands.
// Invariant: a reader knows every record type of its format version; an unknown one is refused, never skipped.
// Called by: log.ts (write), recover.ts (read). Layout: docs/formats/store.md. Next on the way: segment.ts.

import { assert } from "#lib";
import { type Entry, entryTypes, type HardState, type SnapshotMark } from "#raft";
import { ByteReader, type ByteWriter } from "../bytes.ts";

const kinds = { entry: 1, hardState: 2, snapshotMark: 3 } as const;

export type LogRecord =
  | { readonly type: "entry"; readonly entry: Entry }
  | { readonly type: "hardState"; readonly hardState: HardState }
  | { readonly type: "snapshotMark"; readonly mark: SnapshotMark };

export function writeEntry(writer: ByteWriter, entry: Entry): void {
  writer.byte(kinds.entry).varint(entry.term).varint(entry.index).byte(entryTypes.indexOf(entry.type)).bytes(entry.data);
}

export function writeHardState(writer: ByteWriter, { term, vote, commit }: HardState): void {
  writer.byte(kinds.hardState).varint(term).varint(vote).varint(commit);
}

export function writeSnapshotMark(writer: ByteWriter, mark: SnapshotMark): void {
  writer.byte(kinds.snapshotMark).varint(mark.index).varint(mark.term);
}

/** The records of one frame. An entry's data is copied: it outlives the buffer the file was read into. */
export function* readRecords(payload: Buffer): Generator<LogRecord> {
  const reader = new ByteReader(payload);
  while (!reader.done) {
    const kind = reader.byte();
    if (kind === kinds.entry) {
      const term = reader.varint();
      const index = reader.varint();
      const type = entryTypes[reader.byte()];
      assert(type, "the log has an entry of unknown type");
      const data = reader.bytes();
      const copy = Buffer.allocUnsafeSlow(data.length);
      data.copy(copy);
      yield { type: "entry", entry: { term, index, type, data: copy } };
    } else if (kind === kinds.hardState) {
      yield { type: "hardState", hardState: { term: reader.varint(), vote: reader.varint(), commit: reader.varint() } };
    } else {
      assert(kind === kinds.snapshotMark, `the log has a record of unknown kind ${kind}`);
      yield { type: "snapshotMark", mark: { index: reader.varint(), term: reader.varint() } };
    }
  }
}
