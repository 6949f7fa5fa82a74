// Bytes first: finds, once per revision, the place in an object's JSON where the resourceVersion belongs, and cuts views out of it.
// Invariant: stored JSON is canonical (kind, apiVersion, metadata first) and holds no resourceVersion; served JSON has it right after the uid.
// Called by: cache/entry.ts. Next on the way: cache/cache.ts.

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** The fields of ObjectMeta that stand before resourceVersion in struct order. */
const before = new Set(["name", "generateName", "namespace", "selfLink", "uid"]);

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}

/** What every object of one kind starts with. */
export function canonicalHead(apiVersion: string, kind: string): Buffer {
  return Buffer.from(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":{`);
}

/** Offset at which resourceVersion is to be inserted, or -1 if the bytes are not canonical. */
export function spliceOffset(bytes: Buffer, head: Buffer): number {
  if (bytes.length < head.length + 2 || bytes.compare(head, 0, head.length, 0, head.length) !== 0) return -1;
  let at = head.length;
  let offset = at;
  while (bytes[at] === quote) {
    const nameEnd = stringEnd(bytes, at);
    const name = bytes.toString("latin1", at + 1, nameEnd - 1);
    if (name === "resourceVersion") return -1;
    if (!before.has(name)) break;
    offset = stringEnd(bytes, nameEnd + 1);
    at = bytes[offset] === comma ? offset + 1 : offset;
  }
  return offset;
}

/** The text that goes in at `offset`: a comma on the side where a neighbour stands. Nothing for an object that was never stored (a dry run). */
export function resourceVersionText(bytes: Buffer, offset: number, revision: number): string {
  if (revision === 0) return "";
  if (bytes[offset - 1] !== openBrace) return `,"resourceVersion":"${revision}"`;
  return bytes[offset] === closeBrace ? `"resourceVersion":"${revision}"` : `"resourceVersion":"${revision}",`;
}

const metadataStart = Buffer.from('"metadata":{');
const ownership = Buffer.from(',"managedFields":[');
const closeBracket = 0x5d;

/** The pieces of an object without its field ownership, which is the last field of its metadata. */
export function withoutOwnership(bytes: Buffer): Buffer[] {
  const start = bytes.indexOf(metadataStart) + metadataStart.length - 1;
  const end = objectEnd(bytes, start);
  // Quotes within a string are escaped, so this text is never found inside of one.
  const from = bytes.indexOf(ownership, start);
  if (from < 0 || from >= end || bytes[end - 2] !== closeBracket) return [bytes];
  return [bytes.subarray(0, from), bytes.subarray(end - 1)];
}

/** The offset just behind the value (an object) that starts at `start`. */
export function objectEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) at = stringEnd(bytes, at) - 1;
    else if (byte === openBrace) depth++;
    else if (byte === closeBrace && --depth === 0) return at + 1;
  }
  return bytes.length;
}
