// Header blocks of one connection as headers: a caller sends the same block for nearly every request, and it is unpacked once.
// Invariant: a block is remembered only if it left the table of headers as it was, and only until that changes.
// Called by: connection.ts. Headers are never written to: requests with equal blocks share them. Next on the way: hpack.ts.

import type { HttpHeaders } from "../http.ts";
import { type HeaderField, HpackDecoder } from "./hpack.ts";

const maxKnown = 16;
const maxKnownBytes = 512;

export class HeaderBlocks {
  readonly #hpack = new HpackDecoder();
  readonly #limitBytes: number;
  #known = new Map<string, HttpHeaders>();
  /** The table's, for which all that is known holds. */
  #changes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  read(block: Buffer): HttpHeaders {
    const text = block.length <= maxKnownBytes ? block.toString("latin1") : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (known) return known;
    const headers = headersOf(this.#hpack.decode(block, this.#limitBytes));
    if (this.#hpack.changes !== this.#changes) {
      this.#changes = this.#hpack.changes;
      if (this.#known.size > 0) this.#known = new Map();
    } else if (text !== undefined && this.#known.size < maxKnown) this.#known.set(text, headers);
    return headers;
  }
}

function headersOf(fields: readonly HeaderField[]): HttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (typeof before === "string") headers[name] = [before, value];
    else before.push(value);
  }
  return headers;
}
