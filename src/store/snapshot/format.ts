// The snapshot file: its name, its first bytes, and the records in its frames.
// Invariant: the members, leases, then the keys as they stood at the compaction point, then every revision since, then the end: a file without its end is void.
// Called by: write.ts and read.ts. Layout: docs/formats/store.md. Next on the way: write.ts.

import { crc32 } from "node:zlib";
import { assert } from "#lib";
import { type Configuration, decodeConfiguration, encodeConfiguration, type SnapshotMark } from "#raft";
import { ByteReader, type ByteWriter } from "../bytes.ts";
import type { EventBatch, KeyValue, LeaseId, Revision, StoreEvent } from "../contract.ts";
import type { Alarm } from "../mvcc/alarms.ts";
import type { AuthRecord } from "../mvcc/auth.ts";
import type { MembersRecord } from "../mvcc/members.ts";
import { readCause, writeCause } from "../mvcc/command.ts";
import { revision } from "../revision.ts";

export const snapshotVersion = 1;
export const snapshotHeaderBytes = 64;
const magic = "dhowsnap";

export interface SnapshotHeader extends SnapshotMark {
  readonly salt: number;
  readonly revision: Revision;
  readonly compactRevision: Revision;
}

export const snapshotName = (index: number): string => `${index.toString(16).padStart(16, "0")}.snap`;
export const unfinishedSuffix = ".tmp";

export function snapshotIndex(name: string): number | undefined {
  const match = /^([0-9a-f]{16})\.snap$/.exec(name);
  return match ? Number.parseInt(match[1]!, 16) : undefined;
}

export function encodeSnapshotHeader(header: SnapshotHeader): Buffer {
  const bytes = Buffer.alloc(snapshotHeaderBytes);
  bytes.write(magic, 0, "latin1");
  bytes.writeUInt16LE(snapshotVersion, 8);
  bytes.writeUInt16LE(snapshotVersion, 10);
  bytes.writeUInt32LE(header.salt, 12);
  bytes.writeBigUInt64LE(BigInt(header.index), 16);
  bytes.writeBigUInt64LE(BigInt(header.term), 24);
  bytes.writeBigUInt64LE(BigInt(header.revision), 32);
  bytes.writeBigUInt64LE(BigInt(header.compactRevision), 40);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** Undefined if these bytes are no header of a snapshot. Throws if only a newer reader understands it. */
export function decodeSnapshotHeader(file: Buffer): SnapshotHeader | undefined {
  if (file.length < snapshotHeaderBytes || file.toString("latin1", 0, 8) !== magic) return undefined;
  if (crc32(file.subarray(0, 60)) !== file.readUInt32LE(60)) return undefined;
  const leastReader = file.readUInt16LE(10);
  if (leastReader > snapshotVersion)
    throw new Error(`the snapshot needs a reader of format ${leastReader}; this one reads up to ${snapshotVersion}`);
  const number = (at: number): number => Number(file.readBigUInt64LE(at));
  return {
    salt: file.readUInt32LE(12),
    index: number(16),
    term: number(24),
    revision: revision(number(32)),
    compactRevision: revision(number(40)),
  };
}

const kinds = { lease: 1, key: 2, revision: 3, end: 4, configuration: 5, alarm: 6, auth: 7, members: 8 } as const;
const withLease = 1;
const withCause = 1;
const isDelete = 2;
const withPrevious = 4;

export type SnapshotRecord =
  | { readonly type: "lease"; readonly id: LeaseId; readonly ttlSeconds: number }
  | { readonly type: "key"; readonly kv: KeyValue }
  | { readonly type: "alarm"; readonly alarm: Alarm }
  | { readonly type: "auth"; readonly auth: AuthRecord }
  | { readonly type: "members"; readonly members: MembersRecord }
  /** `previous` is missing where the reader knows it from the state. */
  | { readonly type: "revision"; readonly batch: EventBatch }
  /** Who the members were. A store that has always been alone does not say it. */
  | { readonly type: "configuration"; readonly configuration: Configuration }
  | { readonly type: "end"; readonly records: number };

function writeVersion(writer: ByteWriter, kv: KeyValue): void {
  writer
    .byte(kv.lease === undefined ? 0 : withLease)
    .varint(kv.createRevision)
    .varint(kv.modRevision)
    .varint(kv.version);
  if (kv.lease !== undefined) writer.int64(kv.lease);
  writer.bytes(kv.value);
}

function readVersion(reader: ByteReader, key: string): KeyValue {
  const flags = reader.byte();
  const createRevision = revision(reader.varint());
  const modRevision = revision(reader.varint());
  const version = reader.varint();
  const lease = flags & withLease ? { lease: reader.int64() } : {};
  return { key, value: reader.bytes(), createRevision, modRevision, version, ...lease };
}

export function writeLease(writer: ByteWriter, id: LeaseId, ttlSeconds: number): void {
  writer.byte(kinds.lease).int64(id).varint(ttlSeconds);
}

export function writeAlarm(writer: ByteWriter, { alarm, member }: Alarm): void {
  writer.byte(kinds.alarm).varint(alarm).int64(BigInt.asIntN(64, member));
}

export function writeAuth(writer: ByteWriter, auth: AuthRecord): void {
  writer.byte(kinds.auth).text(JSON.stringify(auth));
}

export function writeMembers(writer: ByteWriter, members: MembersRecord): void {
  writer.byte(kinds.members).text(JSON.stringify(members));
}

export function writeKey(writer: ByteWriter, kv: KeyValue): void {
  writer.byte(kinds.key).byteString(kv.key);
  writeVersion(writer, kv);
}

export function writeBatch(writer: ByteWriter, batch: EventBatch, keepPrevious: boolean): void {
  writer
    .byte(kinds.revision)
    .varint(batch.revision)
    .byte(batch.cause ? withCause : 0);
  if (batch.cause) writeCause(writer, batch.cause);
  writer.varint(batch.events.length);
  for (const event of batch.events) {
    const previous = keepPrevious ? event.previous : undefined;
    writer.byte((event.type === "delete" ? isDelete : 0) | (previous ? withPrevious : 0)).byteString(event.kv.key);
    writeVersion(writer, event.kv);
    if (previous) writeVersion(writer, previous);
  }
}

export function writeConfiguration(writer: ByteWriter, configuration: Configuration): void {
  writer.byte(kinds.configuration).bytes(encodeConfiguration(configuration));
}

export function writeEnd(writer: ByteWriter, records: number): void {
  writer.byte(kinds.end).varint(records);
}

/** Answers what a key was before the revision that is being read. */
export type PreviousOf = (key: string, at: Revision) => KeyValue | undefined;

function readBatch(reader: ByteReader, previousOf: PreviousOf): EventBatch {
  const at = revision(reader.varint());
  const cause = reader.byte() & withCause ? { cause: readCause(reader) } : {};
  const events = Array.from({ length: reader.varint() }, (): StoreEvent => {
    const flags = reader.byte();
    const key = reader.byteString();
    const kv = readVersion(reader, key);
    const previous = flags & withPrevious ? readVersion(reader, key) : previousOf(key, at);
    if (!(flags & isDelete)) return { type: "put", kv, ...(previous ? { previous } : {}) };
    assert(previous, "what is deleted was there");
    return { type: "delete", kv, previous };
  });
  return { revision: at, events, ...cause };
}

/** The records of one frame. Values are views: a frame is a slab of its own, at most a few MiB. */
export function* readSnapshotRecords(payload: Buffer, previousOf: PreviousOf): Generator<SnapshotRecord> {
  const reader = new ByteReader(payload);
  while (!reader.done) {
    const kind = reader.byte();
    switch (kind) {
      case kinds.lease:
        yield { type: "lease", id: reader.int64(), ttlSeconds: reader.varint() };
        break;
      case kinds.alarm:
        yield { type: "alarm", alarm: { alarm: reader.varint(), member: BigInt.asUintN(64, reader.int64()) } };
        break;
      case kinds.auth:
        yield { type: "auth", auth: JSON.parse(reader.text()) as AuthRecord };
        break;
      case kinds.members:
        yield { type: "members", members: JSON.parse(reader.text()) as MembersRecord };
        break;
      case kinds.key:
        yield { type: "key", kv: readVersion(reader, reader.byteString()) };
        break;
      case kinds.revision:
        yield { type: "revision", batch: readBatch(reader, previousOf) };
        break;
      case kinds.configuration:
        yield { type: "configuration", configuration: decodeConfiguration(reader.bytes()) };
        break;
      default:
        assert(kind === kinds.end, `the snapshot has a record of unknown kind ${kind}`);
        yield { type: "end", records: reader.varint() };
    }
  }
}
