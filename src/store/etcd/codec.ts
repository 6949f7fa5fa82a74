// Protobuf for etcd's messages, by the rows of messages.gen.ts: read forwards, written backwards.
// Invariant: what `encode` wrote `decode` gives back; bytes that are no message are a RangeError, never a wrong value.
// Called by: the calls in rpc/, mvcc/transaction.ts for requests in the log. Written from the end, so that a message's length is
// known when its head is written and nothing is copied twice. Next on the way: messages.gen.ts.

import { assert } from "#lib";
import { type Messages, rows } from "./messages.gen.ts";
import { plainPut, plainRange } from "./plain.ts";

/** What may be written: fields that are absent have their default. */
export type Sparse<T> = T extends Uint8Array | string | number | bigint | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Sparse<Item>[]
    : { readonly [Name in keyof T]?: Sparse<T[Name]> | undefined };

type Value = Record<string, unknown>;

/**
 * b bool · e enum · i int64 · u uint · I, U ids of 64 bits as bigint · s text · y bytes · k bytes as a string, a character a byte ·
 * m a message
 */
type Letter = "b" | "e" | "i" | "u" | "I" | "U" | "s" | "y" | "k" | "m";

interface Field {
  readonly number: number;
  readonly name: string;
  readonly letter: Letter;
  readonly repeated: boolean;
  /** One of several: absent and default are different things. */
  readonly oneof: boolean;
  readonly message: Shape | undefined;
  readonly default: unknown;
}

interface Shape {
  fields: readonly Field[];
  byNumber: readonly (Field | undefined)[];
}

const noBytes = new Uint8Array(0);
const defaults: Readonly<Record<Letter, unknown>> = { b: false, e: 0, i: 0, u: 0, I: 0n, U: 0n, s: "", y: noBytes, k: "", m: undefined };
const maxDepth = 100;

function compile(): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>(Object.keys(rows).map((name) => [name, { fields: [], byNumber: [] }]));
  for (const [name, row] of Object.entries(rows)) {
    const fields = row.split(" ").flatMap((text): Field[] => {
      if (text === "") return [];
      const [number, field, kind] = text.split(":") as [string, string, string];
      const letter = kind[0] as Letter;
      const ref = kind.slice(1).replace(/[*?]$/, "");
      return [
        {
          number: Number(number),
          name: field,
          letter,
          repeated: kind.endsWith("*"),
          oneof: kind.endsWith("?"),
          message: ref === "" ? undefined : shapes.get(ref)!,
          default: defaults[letter],
        },
      ];
    });
    const byNumber: (Field | undefined)[] = [];
    for (const field of fields) byNumber[field.number] = field;
    Object.assign(shapes.get(name)!, { fields, byNumber });
  }
  return shapes;
}

const shapes = compile();

function shapeOf(name: string): Shape {
  const shape = shapes.get(name);
  assert(shape, `no message ${name}`);
  return shape;
}

class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.at = 0;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The low and the high half of a varint; most are small. */
  #low = 0;
  #high = 0;

  #halves(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new RangeError("unexpected EOF");
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new RangeError("integer overflow");
  }

  unsigned(): number {
    const byte = this.#bytes[this.at];
    if (byte !== undefined && byte < 0x80) {
      this.at++;
      return byte;
    }
    this.#halves();
    return this.#high * 0x1_0000_0000 + this.#low;
  }

  signed(): number {
    this.#halves();
    return (this.#high | 0) * 0x1_0000_0000 + this.#low;
  }

  id(signed: boolean): bigint {
    this.#halves();
    const bits = (BigInt(this.#high) << 32n) | BigInt(this.#low);
    return signed ? BigInt.asIntN(64, bits) : bits;
  }

  bytes(): Buffer {
    const length = this.unsigned();
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError("unexpected EOF");
    const view = this.#bytes.subarray(this.at, end);
    this.at = end;
    return view;
  }

  skip(wire: number): void {
    if (wire === 0) this.#halves();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.bytes();
    else if (wire === 5) this.at += 4;
    else throw new RangeError(`wrong wireType = ${wire}`);
    if (this.at > this.#bytes.length) throw new RangeError("unexpected EOF");
  }
}

function readOne(reader: Reader, field: Field, depth: number): unknown {
  switch (field.letter) {
    case "b":
      return reader.unsigned() !== 0;
    case "e":
    case "i":
      return reader.signed();
    case "u":
      return reader.unsigned();
    case "I":
      return reader.id(true);
    case "U":
      return reader.id(false);
    case "s":
      return reader.bytes().toString("utf8");
    case "k":
      return reader.bytes().toString("latin1");
    case "y":
      return reader.bytes();
    case "m":
      return read(new Reader(reader.bytes()), field.message!, depth + 1);
  }
}

const isDelimited = (letter: Letter): boolean => letter === "s" || letter === "k" || letter === "y" || letter === "m";

function read(reader: Reader, shape: Shape, depth: number): Value {
  if (depth > maxDepth) throw new RangeError("the message is nested too deeply");
  const value: Value = {};
  for (const field of shape.fields) {
    if (field.repeated) value[field.name] = [];
    else if (!field.oneof && field.letter !== "m") value[field.name] = field.default;
  }
  while (reader.at < reader.length) {
    const tag = reader.unsigned();
    const wire = tag & 7;
    const field = shape.byNumber[tag >>> 3];
    if (!field) {
      if (tag < 8) throw new RangeError(`illegal tag ${tag >>> 3} (wire type ${wire})`);
      reader.skip(wire);
      continue;
    }
    if (field.repeated) {
      const list = value[field.name] as unknown[];
      // Numbers may come packed, several in one field.
      if (wire === 2 && !isDelimited(field.letter)) {
        const packed = new Reader(reader.bytes());
        while (packed.at < packed.length) list.push(readOne(packed, field, depth));
      } else list.push(checked(reader, field, wire, depth));
      continue;
    }
    value[field.name] = checked(reader, field, wire, depth);
  }
  return value;
}

function checked(reader: Reader, field: Field, wire: number, depth: number): unknown {
  if (wire !== (isDelimited(field.letter) ? 2 : 0)) throw new RangeError(`wrong wireType = ${wire} for field ${field.name}`);
  return readOne(reader, field, depth);
}

const shortcuts: { readonly [Name in keyof Messages]?: (bytes: Buffer) => Messages[Name] | undefined } = {
  PutRequest: plainPut,
  RangeRequest: plainRange,
};

export const decodeByTable = <Name extends keyof Messages>(name: Name, bytes: Buffer): Messages[Name] =>
  read(new Reader(bytes), shapeOf(name), 0) as Messages[Name];

/** Bytes that are carried are views into `bytes`. */
export function decode<Name extends keyof Messages>(name: Name, bytes: Uint8Array): Messages[Name] {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return shortcuts[name]?.(buffer) ?? decodeByTable(name, buffer);
}

/** Fills a buffer from its end. */
class BackwardWriter {
  #buffer: Buffer;
  #at: number;

  constructor(capacity: number) {
    // From the pool: what is written here is sent and forgotten.
    this.#buffer = Buffer.allocUnsafe(capacity);
    this.#at = capacity;
  }

  get length(): number {
    return this.#buffer.length - this.#at;
  }

  room(bytes: number): void {
    if (bytes <= this.#at) return;
    const used = this.length;
    // With room for the heads that come before it.
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + bytes + 64));
    this.#buffer.copy(larger, larger.length - used, this.#at);
    this.#at = larger.length - used;
    this.#buffer = larger;
  }

  bytes(value: Uint8Array): void {
    this.room(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  text(value: string, encoding: "utf8" | "latin1"): number {
    const length = encoding === "latin1" ? value.length : Buffer.byteLength(value);
    this.room(length);
    this.#at -= length;
    this.#buffer.write(value, this.#at, encoding);
    return length;
  }

  varint(value: number): void {
    if (value < 0) return this.bigVarint(BigInt.asUintN(64, BigInt(value)));
    this.room(10);
    let bytes = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
    this.#at -= bytes;
    let rest = value;
    for (let index = 0; index < bytes; index++) {
      this.#buffer[this.#at + index] = (rest % 0x80) | (index < bytes - 1 ? 0x80 : 0);
      rest = Math.floor(rest / 0x80);
    }
  }

  /** For 64 bits, as two halves: bigint arithmetic a byte at a time would cost more than the rest of a small answer. */
  bigVarint(value: bigint): void {
    if (value <= 0x1f_ffff_ffff_ffffn) return this.varint(Number(value));
    this.room(10);
    let low = Number(BigInt.asUintN(32, value));
    let high = Number(value >> 32n);
    const bytes: number[] = [];
    while (high > 0 || low >= 0x80) {
      bytes.push((low & 0x7f) | 0x80);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes.push(low);
    this.#at -= bytes.length;
    for (let index = 0; index < bytes.length; index++) this.#buffer[this.#at + index] = bytes[index]!;
  }

  finish(): Buffer {
    return this.#buffer.subarray(this.#at);
  }
}

function writeOne(writer: BackwardWriter, field: Field, value: unknown): void {
  switch (field.letter) {
    case "b":
      writer.varint(value ? 1 : 0);
      break;
    case "e":
    case "i":
    case "u":
      writer.varint(value as number);
      break;
    case "I":
    case "U":
      writer.bigVarint(BigInt.asUintN(64, value as bigint));
      break;
    case "s":
      writer.varint(writer.text(value as string, "utf8"));
      break;
    case "k":
      writer.varint(writer.text(value as string, "latin1"));
      break;
    case "y":
      writer.bytes(value as Uint8Array);
      writer.varint((value as Uint8Array).length);
      break;
    case "m": {
      const before = writer.length;
      if (value instanceof Uint8Array) writer.bytes(value);
      else write(writer, field.message!, value as Value);
      writer.varint(writer.length - before);
      break;
    }
  }
  writer.varint(field.number * 8 + (isDelimited(field.letter) ? 2 : 0));
}

function write(writer: BackwardWriter, shape: Shape, value: Value): void {
  for (let index = shape.fields.length - 1; index >= 0; index--) {
    const field = shape.fields[index]!;
    const given = value[field.name];
    if (given === undefined) continue;
    if (field.repeated) {
      const list = given as readonly unknown[];
      for (let item = list.length - 1; item >= 0; item--) writeOne(writer, field, list[item]);
    } else if (field.oneof || field.letter === "m" || !isDefault(field, given)) writeOne(writer, field, given);
  }
}

const isDefault = (field: Field, value: unknown): boolean =>
  field.letter === "y" ? (value as Uint8Array).length === 0 : value === field.default;

/** A message that is written already, to stand in others: what many are sent is encoded once. */
export function encoded<Name extends keyof Messages>(name: Name, value: Sparse<Messages[Name]>): Sparse<Messages[Name]> {
  return encode(name, value) as unknown as Sparse<Messages[Name]>;
}

export function encode<Name extends keyof Messages>(name: Name, value: Sparse<Messages[Name]>): Buffer {
  const writer = new BackwardWriter(256);
  write(writer, shapeOf(name), value as Value);
  return writer.finish();
}
