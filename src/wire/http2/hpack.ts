// HPACK (RFC 7541): header blocks read with the whole of it, written without a dynamic table, which costs bytes and saves state.
// Invariant: a block that is no HPACK, or larger than the bound when unpacked, is a RangeError: the connection ends.
// Called by: connection.ts. Next on the way: huffman.ts.

import { Huffman } from "./huffman.ts";

export type HeaderField = readonly [name: string, value: string];

const staticFields: readonly HeaderField[] = (
  ":authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|:status 206|" +
  ":status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept|" +
  "access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|" +
  "content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|" +
  "if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|" +
  "referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate"
)
  .split("|")
  .map((field): HeaderField => {
    const space = field.indexOf(" ");
    return space < 0 ? [field, ""] : [field.slice(0, space), field.slice(space + 1)];
  });

const huffman = new Huffman();
/** What an entry costs beside its characters, by the RFC. */
const entryBytes = 32;
export const tableBytes = 4096;
const maxKnown = 128;
const maxKnownBytes = 64;

const sizeOf = ([name, value]: HeaderField): number => name.length + value.length + entryBytes;

export class HpackDecoder {
  /** Newest first. */
  readonly #table: HeaderField[] = [];
  /** By what they were packed as. */
  readonly #unpacked = new Map<string, string>();
  #tableSize = 0;
  /** How often the table has become another one. */
  changes = 0;
  #tableLimit = tableBytes;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Fields in order; `limitBytes` bounds what they unpack to. */
  decode(block: Buffer, limitBytes: number): HeaderField[] {
    this.#bytes = block;
    this.#at = 0;
    const fields: HeaderField[] = [];
    let size = 0;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        this.#resize(this.#integer(5), fields.length);
        continue;
      }
      const field = this.#field(first);
      size += sizeOf(field);
      if (size > limitBytes) throw new RangeError("the header list is too large");
      fields.push(field);
    }
    return fields;
  }

  #field(first: number): HeaderField {
    if (first & 0x80) return this.#indexed(this.#integer(7));
    if (first & 0x40) {
      const field = this.#literal(this.#integer(6));
      this.#add(field);
      return field;
    }
    // Without indexing, or never indexed: the same to a reader.
    return this.#literal(this.#integer(4));
  }

  #literal(nameIndex: number): HeaderField {
    const name = nameIndex === 0 ? this.#string() : this.#indexed(nameIndex)[0];
    return [name, this.#string()];
  }

  #indexed(index: number): HeaderField {
    const field = index <= staticFields.length ? staticFields[index - 1] : this.#table[index - staticFields.length - 1];
    if (!field) throw new RangeError(`no header field has index ${index}`);
    return field;
  }

  #add(field: HeaderField): void {
    this.changes += 1;
    this.#table.unshift(field);
    this.#tableSize += sizeOf(field);
    this.#evict();
  }

  #resize(limit: number, fieldsBefore: number): void {
    if (limit > tableBytes || fieldsBefore > 0) throw new RangeError("the header table cannot have this size");
    this.changes += 1;
    this.#tableLimit = limit;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableSize > this.#tableLimit) this.#tableSize -= sizeOf(this.#table.pop()!);
  }

  #integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("an integer in the header block is too large");
  }

  #string(): string {
    const packed = (this.#bytes[this.#at] ?? 0) & 0x80;
    const length = this.#integer(7);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("the header block ends early");
    const start = this.#at;
    this.#at = end;
    const text = this.#bytes.toString("latin1", start, end);
    if (!packed) return text;
    // Clients pack a path anew for each request: the same few texts, which are found faster than unpacked.
    const known = this.#unpacked.get(text);
    if (known !== undefined) return known;
    const unpacked = huffman.decode(this.#bytes.subarray(start, end));
    if (length > maxKnownBytes) return unpacked;
    if (this.#unpacked.size >= maxKnown) this.#unpacked.clear();
    this.#unpacked.set(text, unpacked);
    return unpacked;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError("the header block ends early");
    return byte;
  }
}

function pushInteger(into: number[], value: number, prefixBits: number, flags: number): void {
  const mask = 2 ** prefixBits - 1;
  if (value < mask) {
    into.push(flags | value);
    return;
  }
  into.push(flags | mask);
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) into.push((rest & 0x7f) | 0x80);
  into.push(rest);
}

function pushString(into: number[], text: string): void {
  pushInteger(into, text.length, 7, 0);
  for (let index = 0; index < text.length; index++) into.push(text.charCodeAt(index) & 0xff);
}

const staticIndex = new Map<string, number>();
for (const [index, [name, value]] of staticFields.entries()) {
  if (!staticIndex.has(name)) staticIndex.set(name, index + 1);
  staticIndex.set(`${name}\n${value}`, index + 1);
}

/** A block that needs no state on either side. */
export function encodeHeaders(fields: Iterable<HeaderField>): Buffer {
  const bytes: number[] = [];
  for (const [name, value] of fields) {
    const whole = staticIndex.get(`${name}\n${value}`);
    if (whole !== undefined && value !== "") {
      pushInteger(bytes, whole, 7, 0x80);
      continue;
    }
    pushInteger(bytes, staticIndex.get(name) ?? 0, 4, 0);
    if (!staticIndex.has(name)) pushString(bytes, name);
    pushString(bytes, value);
  }
  return Buffer.from(bytes);
}
