// Bytes of protobuf, field by field: varints, lengths, skipping.
// Invariant: never reads beyond `end`; what is cut short or no protobuf ends in a DecodeError with Go's words.
// Called by: decode.ts. Next on the way: decode.ts, which knows the types.

import { DecodeError } from "../errors.ts";

export const varintType = 0;
export const fixed64Type = 1;
export const bytesType = 2;
const fixed32Type = 5;

export class ProtobufReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get more(): boolean {
    return this.at < this.end;
  }

  /** Field number × 8 + wire type. */
  tag(): number {
    return Number(this.varint());
  }

  /** An unsigned varint; bigint only beyond 2^53. */
  varint(): number | bigint {
    let low = 0;
    let shift = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.#byte();
      low += (byte & 0x7f) * shift;
      if (byte < 0x80) return low;
      shift *= 128;
    }
    let big = BigInt(low);
    for (let bits = 49n; bits < 70n; bits += 7n) {
      const byte = this.#byte();
      big |= BigInt(byte & 0x7f) << bits;
      if (byte < 0x80) return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : BigInt.asUintN(64, big);
    }
    throw new DecodeError("value", "proto: integer overflow");
  }

  /** int32, int64: negative numbers are ten bytes of two's complement. */
  signed(): number | bigint {
    const value = this.varint();
    if (typeof value === "number") return value;
    const signed = BigInt.asIntN(64, value);
    const plain = Number(signed);
    return Number.isSafeInteger(plain) ? plain : signed;
  }

  double(): number {
    if (this.at + 8 > this.end) throw cutShort();
    const value = this.bytes.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  /** A length and as many bytes. */
  piece(): Buffer {
    const length = Number(this.varint());
    if (length > this.end - this.at) throw cutShort();
    const piece = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return piece;
  }

  string(): string {
    return this.piece().toString("utf8");
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case varintType:
        this.varint();
        return;
      case fixed64Type:
        this.at += 8;
        break;
      case bytesType:
        this.piece();
        return;
      case fixed32Type:
        this.at += 4;
        break;
      default:
        throw new DecodeError("value", `proto: illegal wireType ${tag & 7}`);
    }
    if (this.at > this.end) throw cutShort();
  }

  #byte(): number {
    if (this.at >= this.end) throw cutShort();
    return this.bytes[this.at++] ?? 0;
  }
}

export function cutShort(): DecodeError {
  return new DecodeError("value", "unexpected EOF");
}
