// The two requests that come most, read without the table: a put of a key and a value, a range of one key, and nothing else in them.
// Invariant: undefined for everything else; what is given is what the table would have given.
// Called by: codec.ts, before it looks at its table. Next on the way: codec.ts.

import type { PutRequest, RangeRequest } from "./messages.gen.ts";

/** Field 1 and field 2, length-delimited. */
const tags = { first: 0x0a, second: 0x12 } as const;
const noBytes = new Uint8Array(0);

/** The length at `at`, if it is written in one or two bytes, as nearly all are: its value, and how many bytes it took, in one number. */
function lengthAt(bytes: Buffer, at: number): number {
  const low = bytes[at] ?? 0x80;
  if (low < 0x80) return low * 4 + 1;
  const high = bytes[at + 1] ?? 0x80;
  return high < 0x80 ? (high * 0x80 + (low & 0x7f)) * 4 + 2 : -1;
}

export function plainPut(bytes: Buffer): PutRequest | undefined {
  if (bytes[0] !== tags.first) return undefined;
  const keyLength = lengthAt(bytes, 1);
  if (keyLength < 0) return undefined;
  const keyAt = 1 + (keyLength & 3);
  const keyEnd = keyAt + (keyLength >> 2);
  if (keyEnd < bytes.length && bytes[keyEnd] !== tags.second) return undefined;
  let value: Uint8Array = noBytes;
  if (keyEnd !== bytes.length) {
    const valueLength = lengthAt(bytes, keyEnd + 1);
    const valueAt = keyEnd + 1 + (valueLength & 3);
    if (valueLength < 0 || valueAt + (valueLength >> 2) !== bytes.length) return undefined;
    value = bytes.subarray(valueAt);
  }
  const key = bytes.toString("latin1", keyAt, keyEnd);
  return { key, value, lease: 0n, prev_kv: false, ignore_value: false, ignore_lease: false };
}

export function plainRange(bytes: Buffer): RangeRequest | undefined {
  if (bytes[0] !== tags.first) return undefined;
  const length = lengthAt(bytes, 1);
  const at = 1 + (length & 3);
  if (length < 0 || at + (length >> 2) !== bytes.length) return undefined;
  return {
    key: bytes.toString("latin1", at),
    range_end: "",
    limit: 0,
    revision: 0,
    sort_order: 0,
    sort_target: 0,
    serializable: false,
    keys_only: false,
    count_only: false,
    min_mod_revision: 0,
    max_mod_revision: 0,
    min_create_revision: 0,
    max_create_revision: 0,
  };
}
