// Objects that were decoded a moment ago: who reads a revision next (a follower, admission, authentication) need not decode it again.
// Invariant: an object here is frozen through and through and is the newest decoded revision of its key; what is kept is bounded by the bytes it came from.
// Called by: reader.ts. Next on the way: entry.ts, which decodes.

import { type ApiObject, RawJson } from "#api";
import type { Revision } from "#store";

interface Kept {
  readonly revision: Revision;
  readonly object: ApiObject;
  readonly bytes: number;
}

/** What admission and authorization look at in each request is small; pods in their thousands are not kept. */
const defaultMaxBytes = 4 << 20;

export class DecodedObjects {
  readonly #maxBytes: number;
  /** The longest unused first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(maxBytes = defaultMaxBytes) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The object of this revision; `decode` is asked where it is not known, and what it returns is nobody's to change any more. */
  get(key: string, revision: Revision, bytes: number, decode: () => ApiObject): ApiObject {
    const known = this.#kept.get(key);
    if (known?.revision === revision) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.object;
    }
    const object = frozen(decode());
    // Somebody who lags behind does not push out what is newer.
    if (known && known.revision > revision) return object;
    this.#drop(key, known);
    this.#kept.set(key, { revision, object, bytes });
    this.#bytes += bytes;
    for (const [oldest, one] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest, one);
    }
    return object;
  }

  /** Deleted: nobody will ask. */
  forget(key: string): void {
    this.#drop(key, this.#kept.get(key));
  }

  #drop(key: string, kept: Kept | undefined): void {
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= kept.bytes;
  }
}

function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || value instanceof RawJson) return value;
  for (const name of Object.keys(value)) frozen((value as Record<string, unknown>)[name]);
  return Object.freeze(value);
}
