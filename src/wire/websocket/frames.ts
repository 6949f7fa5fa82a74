// WebSocket frames (RFC 6455) as bytes.
// Invariant: pure; control frames carry at most 125 bytes, lengths beyond 2^53 do not exist.
// Called by: connection.ts. Next on the way: connection.ts.

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameStart {
  readonly final: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  /** Bytes of extended length that follow. */
  readonly lengthBytes: 0 | 2 | 8;
  readonly shortLength: number;
}

export function readStart(two: Buffer): FrameStart {
  const [first, second] = [two[0]!, two[1]!];
  if (first & 0x70) throw new Error("extensions were not negotiated");
  const shortLength = second & 0x7f;
  return {
    final: (first & 0x80) !== 0,
    opcode: first & 0x0f,
    masked: (second & 0x80) !== 0,
    lengthBytes: shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0,
    shortLength,
  };
}

export function readLength(bytes: Buffer): number {
  if (bytes.length === 2) return bytes.readUInt16BE(0);
  if (bytes.readUInt32BE(0) > 0x1f_ffff) throw new RangeError("frame is too large");
  return bytes.readUInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4);
}

/** In place. */
export function unmask(payload: Buffer, mask: Buffer): Buffer {
  for (let index = 0; index < payload.length; index++) payload[index]! ^= mask[index & 3]!;
  return payload;
}

export function frameHead(code: number, length: number, mask?: Buffer): Buffer {
  const bit = mask ? 0x80 : 0;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | code;
  head[1] = bit | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) {
    head.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    head.writeUInt32BE(length >>> 0, 6);
  }
  return mask ? Buffer.concat([head, mask]) : head;
}
