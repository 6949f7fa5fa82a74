// Writes protobuf from the end to the beginning: a message's length is known when its head is written, nothing is copied twice.
// Invariant: callers write fields in descending order of their numbers, and of a field first the content, then its head.
// Called by: encode.ts. Next on the way: encode.ts, which knows the types.

export class ReverseWriter {
  #bytes: Buffer = Buffer.allocUnsafe(1024);
  #at = 1024;

  /** How much has been written: the difference of two marks is a length. */
  get mark(): number {
    return this.#bytes.length - this.#at;
  }

  done(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  #room(count: number): number {
    if (this.#at < count) {
      const used = this.mark;
      const bigger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, used + count));
      this.#bytes.copy(bigger, bigger.length - used, this.#at);
      this.#at = bigger.length - used;
      this.#bytes = bigger;
    }
    this.#at -= count;
    return this.#at;
  }

  varint(value: number | bigint): void {
    if (typeof value === "number" && value >= 0 && value < 0x80) {
      const at = this.#room(1);
      this.#bytes[at] = value;
      return;
    }
    const digits: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      digits.push(Number(rest & 0x7fn));
      rest >>= 7n;
    } while (rest > 0n);
    const start = this.#room(digits.length);
    for (let index = 0; index < digits.length; index++) {
      this.#bytes[start + index] = (digits[index] ?? 0) | (index < digits.length - 1 ? 0x80 : 0);
    }
  }

  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  string(text: string): void {
    const length = Buffer.byteLength(text);
    const at = this.#room(length);
    this.#bytes.write(text, at, "utf8");
    this.varint(length);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    this.varint(bytes.length);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /** The content first, then its length in front of it. */
  lengthOf(content: () => void): void {
    const before = this.mark;
    content();
    this.varint(this.mark - before);
  }
}
