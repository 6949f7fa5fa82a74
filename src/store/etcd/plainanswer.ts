// The two answers that are given most, written without the table: the one key of a range, and that a put was made.
// Invariant: the same bytes as the table would write.
// Called by: rpc/kv/. What is sent is measured first, so that one piece of memory is taken, and a value is copied once. Next on the way: codec.ts.

import type { KeyValue } from "../contract.ts";
import type { Sparse } from "./codec.ts";
import type { PutResponse, RangeResponse, ResponseHeader } from "./messages.gen.ts";

/** Field and wire type, a byte each. */
const answerTags = { header: 0x0a, kvs: 0x12, count: 0x20 } as const;
const kvTags = { key: 0x0a, createRevision: 0x10, modRevision: 0x18, version: 0x20, value: 0x2a } as const;

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Gives where it ends. */
function varint(into: Buffer, at: number, value: number): number {
  let end = at;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) into[end++] = (rest % 0x80) | 0x80;
  into[end++] = rest;
  return end;
}

function head(into: Buffer, at: number, tag: number, length: number): number {
  into[at] = tag;
  return varint(into, at + 1, length);
}

/** A tag, the length, and so many bytes. */
const fieldBytes = (length: number): number => 1 + varintBytes(length) + length;

/** As `encoded` in codec.ts: what is written already may stand for a message. */
const bytesOf = (header: Sparse<ResponseHeader>): Uint8Array => header as unknown as Uint8Array;

/** `header` as headerBytes gives it. Undefined: the table has to write this one. */
export function plainRangeAnswer(header: Sparse<ResponseHeader>, kv: KeyValue): Sparse<RangeResponse> | undefined {
  if (kv.lease !== undefined) return undefined;
  const { key, value, createRevision, modRevision, version } = kv;
  const numbers = 3 + varintBytes(createRevision) + varintBytes(modRevision) + varintBytes(version);
  const kvBytes = fieldBytes(key.length) + numbers + (value.length > 0 ? fieldBytes(value.length) : 0);
  const ours = bytesOf(header);
  const into = Buffer.allocUnsafe(fieldBytes(ours.length) + fieldBytes(kvBytes) + 2);
  let at = head(into, 0, answerTags.header, ours.length);
  into.set(ours, at);
  at = head(into, at + ours.length, answerTags.kvs, kvBytes);
  at = head(into, at, kvTags.key, key.length);
  at += into.write(key, at, "latin1");
  at = head(into, at, kvTags.createRevision, createRevision);
  at = head(into, at, kvTags.modRevision, modRevision);
  at = head(into, at, kvTags.version, version);
  if (value.length > 0) {
    at = head(into, at, kvTags.value, value.length);
    into.set(value, at);
    at += value.length;
  }
  head(into, at, answerTags.count, 1);
  return into as unknown as Sparse<RangeResponse>;
}

export function plainPutAnswer(header: Sparse<ResponseHeader>): Sparse<PutResponse> {
  const ours = bytesOf(header);
  const into = Buffer.allocUnsafe(fieldBytes(ours.length));
  into.set(ours, head(into, 0, answerTags.header, ours.length));
  return into as unknown as Sparse<PutResponse>;
}
