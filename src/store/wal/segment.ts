// Segments: the files of the log, their names and their first bytes.
// Invariant: numbers are consecutive; a header is durable before the first frame follows it.
// Called by: log.ts and recover.ts. Layout: docs/formats/store.md. Next on the way: log.ts.

import { crc32 } from "node:zlib";

export const formatVersion = 1;
export const segmentHeaderBytes = 48;
const magic = "dhowlog\n";

export interface SegmentHeader {
  readonly version: number;
  /** The oldest format version whose readers understand this file. */
  readonly leastReader: number;
  readonly salt: number;
  readonly number: number;
  readonly firstFrame: number;
  /** The log's last index before this file. */
  readonly previousIndex: number;
}

export const segmentName = (number: number): string => `${number.toString(16).padStart(16, "0")}.wal`;

export function segmentNumber(name: string): number | undefined {
  const match = /^([0-9a-f]{16})\.wal$/.exec(name);
  return match ? Number.parseInt(match[1]!, 16) : undefined;
}

export function encodeSegmentHeader(header: Omit<SegmentHeader, "version" | "leastReader">): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  bytes.write(magic, 0, "latin1");
  bytes.writeUInt16LE(formatVersion, 8);
  bytes.writeUInt16LE(formatVersion, 10);
  bytes.writeUInt32LE(header.salt, 12);
  bytes.writeBigUInt64LE(BigInt(header.number), 16);
  bytes.writeBigUInt64LE(BigInt(header.firstFrame), 24);
  bytes.writeBigUInt64LE(BigInt(header.previousIndex), 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44);
  return bytes;
}

/** Undefined if these bytes are no whole header. */
export function decodeSegmentHeader(file: Buffer): SegmentHeader | undefined {
  if (file.length < segmentHeaderBytes || file.toString("latin1", 0, 8) !== magic) return undefined;
  if (crc32(file.subarray(0, 44)) !== file.readUInt32LE(44)) return undefined;
  return {
    version: file.readUInt16LE(8),
    leastReader: file.readUInt16LE(10),
    salt: file.readUInt32LE(12),
    number: Number(file.readBigUInt64LE(16)),
    firstFrame: Number(file.readBigUInt64LE(24)),
    previousIndex: Number(file.readBigUInt64LE(32)),
  };
}
