// Frames on a connection between members: four bytes of length, one of kind, the payload.
// Invariant: a frame comes out once and whole; nothing larger than its bound is ever gathered; what is queued is bounded by its writer.
// Called by: link.ts and inbox.ts. Layout: docs/formats/peers.md. Next on the way: hello.ts.

import type { Socket } from "node:net";

export const frameKinds = {
  hello: 1,
  welcome: 2,
  refused: 3,
  message: 4,
  request: 5,
  response: 6,
  slice: 7,
  end: 8,
  ping: 9,
  pong: 10,
} as const;

const headBytes = 5;
/** Before somebody has said who it is. */
export const strangerFrameBytes = 64 * 1024;
export const memberFrameBytes = 256 * 1024 * 1024;

export interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
}

export class FrameReader {
  limitBytes = strangerFrameBytes;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Throws a RangeError for a frame beyond the bound. */
  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= headBytes) {
      const head = this.#contiguous(headBytes);
      const length = head.readUInt32LE(0);
      if (length < 1 || length > this.limitBytes) throw new RangeError(`a frame of ${length} bytes`);
      if (this.#bytes < 4 + length) return;
      const whole = this.#contiguous(4 + length);
      this.#bytes -= 4 + length;
      const rest = whole.subarray(4 + length);
      this.#chunks = rest.length > 0 ? [rest, ...this.#chunks.slice(1)] : this.#chunks.slice(1);
      yield { kind: whole[4]!, payload: whole.subarray(headBytes, 4 + length) };
    }
  }

  #contiguous(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.length >= bytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}

/** Frames of one turn leave in one write. */
export function writeFrame(socket: Socket, kind: number, payload: Uint8Array = Buffer.alloc(0)): void {
  if (socket.destroyed || socket.writableEnded) return;
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32LE(payload.length + 1, 0);
  head[4] = kind;
  if (socket.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  socket.write(head);
  if (payload.length > 0) socket.write(payload);
}
