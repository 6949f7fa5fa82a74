// SPDY/3.1 frames as bytes: what is written, and how a head is read.
// Invariant: pure; a control frame's payload is bounded, a data frame's is never gathered (it may be 16 MiB).
// Called by: connection.ts. Next on the way: headers.ts for the blocks inside.

export const frameType = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
export const flagFin = 1;
export const resetCode = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, flowControlError: 7 } as const;
export const headBytes = 8;
export const controlLimitBytes = 64 * 1024;

export type FrameHead =
  | { readonly kind: "data"; readonly streamId: number; readonly flags: number; readonly length: number }
  | { readonly kind: "control"; readonly version: number; readonly type: number; readonly flags: number; readonly length: number };

export function readHead(head: Buffer): FrameHead {
  const first = head.readUInt32BE(0);
  const flags = head.readUInt8(4);
  const length = head.readUIntBE(5, 3);
  if (first < 0x8000_0000) return { kind: "data", streamId: first, flags, length };
  return { kind: "control", version: (first >>> 16) & 0x7fff, type: first & 0xffff, flags, length };
}

function control(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
};

export const write = {
  synStream: (streamId: number, flags: number, block: Buffer): Buffer =>
    control(frameType.synStream, flags, Buffer.concat([words(streamId, 0), Buffer.alloc(2), block])),
  synReply: (streamId: number, flags: number, block: Buffer): Buffer =>
    control(frameType.synReply, flags, Buffer.concat([words(streamId), block])),
  rstStream: (streamId: number, code: number): Buffer => control(frameType.rstStream, 0, words(streamId, code)),
  ping: (id: number): Buffer => control(frameType.ping, 0, words(id)),
  goAway: (lastStreamId: number): Buffer => control(frameType.goAway, 0, words(lastStreamId, 0)),
  dataHead(streamId: number, flags: number, length: number): Buffer {
    const head = Buffer.alloc(headBytes);
    head.writeUInt32BE(streamId, 0);
    head.writeUInt8(flags, 4);
    head.writeUIntBE(length, 5, 3);
    return head;
  },
};
