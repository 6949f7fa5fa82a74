// Pulling an exact or a bounded number of bytes from a stream of chunks, for protocols that frame.
// Invariant: never holds more than one chunk beyond what was asked for; undefined means that the stream ended at a clean place.
// Called by: websocket/connection.ts, spdy/connection.ts. Next on the way: their frames.

export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** undefined: the stream ended before the first of these bytes. Ending in between throws. */
  async exactly(length: number): Promise<Buffer | undefined> {
    if (this.#rest.length >= length) return this.#take(length);
    const parts: Buffer[] = [this.#rest];
    let have = this.#rest.length;
    this.#rest = Buffer.alloc(0);
    while (have < length) {
      const next = await this.#chunks.next();
      if (next.done) {
        if (have === 0) return undefined;
        throw new Error("the connection ended inside a frame");
      }
      parts.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      have += next.value.byteLength;
    }
    this.#rest = Buffer.concat(parts, have);
    return this.#take(length);
  }

  /** What is there, at most `limit` bytes, at least one. */
  async some(limit: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    return this.#take(Math.min(limit, this.#rest.length));
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
