// SPDY/3's header blocks: names and values, behind zlib with a dictionary, one compression context per direction and connection.
// Invariant: what we send is not compressed (stored blocks, which every inflater reads); what we receive may be, and is bounded when unpacked.
// Called by: connection.ts. Next on the way: dictionary.ts.

import { createInflate, constants, type Inflate } from "node:zlib";
import { headerDictionary } from "./dictionary.ts";

/** Lower-case names; a repeated header's values are joined by ", ". */
export type SpdyHeaders = Readonly<Record<string, string>>;

const unpackedLimitBytes = 64 * 1024;

function sized(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

export function writeBlock(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(entries.length);
  return Buffer.concat([count, ...entries.flatMap(([name, value]) => [...sized(name.toLowerCase()), ...sized(value)])]);
}

export function readBlock(block: Buffer): SpdyHeaders {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = 4;
  const next = (): string => {
    const end = at + 4 + block.readUInt32BE(at);
    if (end > block.length) throw new RangeError("a header runs over the end of its block");
    const text = block.toString("utf8", at + 4, end);
    at = end;
    return text;
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = next();
    headers[name] = next().replaceAll("\0", ", ");
  }
  return headers;
}

/** Packs without compressing: a stored block, then an empty one, which tells the reader that all is there. */
export class HeaderPacker {
  #begun = false;

  pack(headers: SpdyHeaders): Buffer {
    const block = writeBlock(headers);
    if (block.length > 0xffff) throw new RangeError("header block is too large");
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(block.length, 1);
    stored.writeUInt16LE(block.length ^ 0xffff, 3);
    const begin = this.#begun ? [] : [Buffer.from([0x78, 0x01])];
    this.#begun = true;
    return Buffer.concat([...begin, stored, block, Buffer.from([0, 0, 0, 0xff, 0xff])]);
  }
}

export class HeaderUnpacker {
  readonly #inflate: Inflate;
  #parts: Buffer[] = [];
  #length = 0;
  #failed: Error | undefined;

  constructor() {
    this.#inflate = createInflate({ dictionary: headerDictionary(), flush: constants.Z_SYNC_FLUSH });
    this.#inflate.on("data", (part: Buffer) => {
      this.#length += part.length;
      if (this.#length > unpackedLimitBytes) this.#inflate.destroy(new RangeError("header block is too large"));
      else this.#parts.push(part);
    });
    this.#inflate.on("error", (error) => {
      this.#failed = error;
    });
  }

  /** One at a time. */
  unpack(packed: Buffer): Promise<SpdyHeaders> {
    this.#parts = [];
    this.#length = 0;
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(this.#failed ?? new Error("header compression was closed"));
      if (this.#inflate.destroyed) return fail();
      this.#inflate.once("close", fail);
      this.#inflate.write(packed, (error) => {
        this.#inflate.off("close", fail);
        if (error) return reject(error);
        try {
          resolve(readBlock(Buffer.concat(this.#parts, this.#length)));
        } catch (failure) {
          reject(failure as Error);
        }
      });
    });
  }

  close(): void {
    this.#inflate.destroy();
  }
}
