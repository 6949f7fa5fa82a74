// gRPC's framing inside a stream: a flag, four bytes of length, the message.
// Invariant: a message comes out once and whole, or the stream is refused; no more than `limitBytes` is ever held for one.
// Called by: server.ts for each stream. Next on the way: server.ts.

import { GrpcError } from "./status.ts";

export const prefixBytes = 5;

/** Takes chunks as they come and gives whole messages. */
export class FrameParser {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True in the middle of a message. */
  get partial(): boolean {
    return this.#bytes > 0;
  }

  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    while (this.#bytes >= prefixBytes) {
      const head = this.#contiguous(prefixBytes);
      const length = head.readUInt32BE(1);
      if (head[0] !== 0) throw new GrpcError("UNIMPLEMENTED", "grpc: compressed messages are not supported");
      if (length > this.#limitBytes)
        throw new GrpcError("RESOURCE_EXHAUSTED", `grpc: received message larger than max (${length} vs. ${this.#limitBytes})`);
      if (this.#bytes < prefixBytes + length) break;
      const whole = this.#contiguous(prefixBytes + length);
      messages.push(whole.subarray(prefixBytes, prefixBytes + length));
      this.#bytes -= prefixBytes + length;
      const rest = whole.subarray(prefixBytes + length);
      this.#chunks = rest.length > 0 ? [rest, ...this.#chunks.slice(1)] : this.#chunks.slice(1);
    }
    return messages;
  }

  /** The first `bytes` bytes in one piece, which becomes the first chunk. */
  #contiguous(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.length >= bytes) return first;
    // One join per message at most: a large message is joined when it is whole, its head when five bytes are there.
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}

/** The message, if the chunk is one and nothing else: so most come, and nothing has to be held for them. */
export function wholeMessage(chunk: Buffer, limitBytes: number): Buffer | undefined {
  const length = chunk.length - prefixBytes;
  if (length < 0 || length > limitBytes || chunk[0] !== 0 || chunk.readUInt32BE(1) !== length) return undefined;
  return chunk.subarray(prefixBytes);
}

/** A message with its head. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  return framed;
}
