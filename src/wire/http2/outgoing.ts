// Frames on their way to a socket: small ones side by side in memory that is used up once, large ones as they are.
// Invariant: bytes leave in the order they came; memory that was given to the socket is never written again.
// Called by: connection.ts. A small answer is five pieces; as five buffers they would cost more than what they say.
// Next on the way: frames.ts.

import { headBytes, writeHead } from "./frames.ts";

/** Some twenty small answers; a connection that says nothing keeps no more than this. */
const slabBytes = 2048;
/** A larger payload is not copied into the slab. */
const smallBytes = 512;

export class Outgoing {
  #slab: Buffer | undefined;
  #start = 0;
  #end = 0;
  /** What comes before the slab's open part. */
  #pieces: Uint8Array[] = [];

  frame(type: number, flag: number, stream: number, payload: Uint8Array): void {
    const small = payload.length <= smallBytes;
    const slab = this.#room(small ? headBytes + payload.length : headBytes);
    writeHead(slab, this.#end, payload.length, type, flag, stream);
    this.#end += headBytes;
    if (small) {
      slab.set(payload, this.#end);
      this.#end += payload.length;
      return;
    }
    this.#cut();
    this.#pieces.push(payload);
  }

  /** All there is, in one piece; nothing is left. */
  take(): Uint8Array {
    this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  #room(bytes: number): Buffer {
    if (this.#slab && this.#end + bytes <= this.#slab.length) return this.#slab;
    this.#cut();
    this.#slab = Buffer.allocUnsafe(slabBytes);
    this.#start = 0;
    this.#end = 0;
    return this.#slab;
  }

  #cut(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#slab!.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
