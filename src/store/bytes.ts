// Writing and reading small binary records: varints, 64-bit ids, byte strings.
// Invariant: what a ByteWriter wrote a ByteReader reads back; a short buffer is a RangeError, never a wrong value.
// Called by: mvcc/command.ts, wal/, snapshot/. Every layout built with it is in docs/formats/store.md.

export type Allocate = (bytes: number) => Buffer;

// Not from Buffer's pool: a long-lived record would pin the pool's whole slab.
const allocateOwn: Allocate = (bytes) => Buffer.allocUnsafeSlow(bytes);

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;
  readonly #allocate: Allocate;

  constructor(capacity = 256, allocate: Allocate = allocateOwn) {
    this.#allocate = allocate;
    this.#buffer = allocate(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Starts again in the same memory: what `finish` gave out before is overwritten. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = this.#allocate(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  /** Leaves `count` bytes to be filled in by the owner of the finished buffer. */
  skip(count: number): this {
    this.#room(count);
    this.#length += count;
    return this;
  }

  /** Bytes as they are, without their length. */
  raw(value: Uint8Array): this {
    this.#room(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  byte(value: number): this {
    this.#room(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  /** LEB128, for whole numbers from 0 below 2^53. */
  varint(value: number): this {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
    return this;
  }

  /** Eight bytes, little-endian, two's complement. */
  int64(value: bigint): this {
    this.#room(8);
    this.#buffer.writeBigInt64LE(value, this.#length);
    this.#length += 8;
    return this;
  }

  /** A varint with the length, then the bytes. */
  bytes(value: Uint8Array): this {
    return this.varint(value.length).raw(value);
  }

  /** A string of bytes: each character is below 256. */
  byteString(value: string): this {
    this.varint(value.length);
    this.#room(value.length);
    this.#length += this.#buffer.write(value, this.#length, "latin1");
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value, "utf8"));
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  byte(): number {
    const value = this.#buffer[this.#at++];
    if (value === undefined) throw new RangeError("record ends early");
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
      if (scale > 2 ** 49) throw new RangeError("varint is too long");
    }
    if (!Number.isSafeInteger(value)) throw new RangeError("varint is too large");
    return value;
  }

  int64(): bigint {
    const value = this.#buffer.readBigInt64LE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#buffer.length) throw new RangeError("record ends early");
    const value = this.#buffer.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  byteString(): string {
    return this.bytes().toString("latin1");
  }

  text(): string {
    return this.bytes().toString("utf8");
  }

  /** Everything that is left, as a view. */
  rest(): Buffer {
    const value = this.#buffer.subarray(this.#at);
    this.#at = this.#buffer.length;
    return value;
  }
}
