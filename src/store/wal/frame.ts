// Frames: the unit that is written and checked. One group commit is one frame, one piece of a snapshot is one frame.
// Invariant: a frame is whole or void. Its CRC is salted with the file's random number, so that no value can pass for a frame.
// Called by: log.ts, recover.ts, snapshot/. Layout: docs/formats/store.md. Next on the way: record.ts.

import { crc32 } from "node:zlib";
import type { ByteWriter } from "../bytes.ts";

export const frameHeaderBytes = 20;
const magic = Buffer.from("dfrm", "latin1");
/** No writer makes larger ones: a length beyond it is damage. */
export const maxFrameBytes = 1024 * 1024 * 1024;

/** Starts a frame in `writer`; records follow, then `sealFrame`. */
export function beginFrame(writer: ByteWriter): void {
  writer.reset().skip(frameHeaderBytes);
}

/** Fills in the header; the result is ready for the disk. */
export function sealFrame(writer: ByteWriter, salt: number, number: number): Buffer {
  const frame = writer.finish();
  magic.copy(frame, 0);
  frame.writeUInt32LE(frame.length - frameHeaderBytes, 4);
  frame.writeBigUInt64LE(BigInt(number), 8);
  frame.writeUInt32LE(checksum(frame, salt), 16);
  return frame;
}

function checksum(frame: Buffer, salt: number): number {
  return crc32(frame.subarray(frameHeaderBytes), crc32(frame.subarray(4, 16), salt));
}

export interface Frame {
  readonly number: number;
  readonly payload: Buffer;
  /** Where the next frame begins. */
  readonly end: number;
}

/** The frame at `offset`, or undefined if there is no whole and valid one. */
export function readFrame(file: Buffer, offset: number, salt: number): Frame | undefined {
  if (offset + frameHeaderBytes > file.length || magic.compare(file, offset, offset + 4) !== 0) return undefined;
  const length = file.readUInt32LE(offset + 4);
  const end = offset + frameHeaderBytes + length;
  if (length > maxFrameBytes || end > file.length) return undefined;
  const frame = file.subarray(offset, end);
  if (frame.readUInt32LE(16) !== checksum(frame, salt)) return undefined;
  return { number: Number(frame.readBigUInt64LE(8)), payload: frame.subarray(frameHeaderBytes), end };
}

/**
 * Looks behind a void frame for a later valid one. A frame is written only after the one before it was synced:
 * if there is a later one, the void one was once whole, and the file is damaged rather than torn.
 */
export function findLaterFrame(file: Buffer, from: number, salt: number, voidNumber: number): number | undefined {
  for (let at = file.indexOf(magic, from); at !== -1; at = file.indexOf(magic, at + 1)) {
    const frame = readFrame(file, at, salt);
    if (frame && frame.number > voidNumber) return at;
  }
  return undefined;
}
