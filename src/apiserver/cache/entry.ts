// One revision of one object, as bytes: what the cache holds, lists send and watches carry.
// Invariant: an entry never changes; `bytes` is canonical JSON without resourceVersion; labels and fields are taken out once, when it is made.
// Called by: cache/cache.ts (from the store's events), registry/ (from what it wrote). Next on the way: cache/cache.ts.

import { type ApiObject, decodeJson, decodeProtobuf, encodeJson, joinApiVersion, type ResourceInfo, rulesFor } from "#api";
import type { KeyValue, Revision } from "#store";
import { canonicalHead, objectEnd, resourceVersionText, spliceOffset } from "./splice.ts";

export interface Entry {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: Revision;
  readonly bytes: Buffer;
  /** Where resourceVersion goes in. */
  readonly offset: number;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** What field selectors may ask, metadata.name and metadata.namespace included. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What is the same for all entries of a resource. */
export interface EntryShape {
  readonly info: ResourceInfo;
  readonly head: Buffer;
  /** Length of `{"kind":…,"apiVersion":…,` : items of a list leave it out. */
  readonly typeLength: number;
}

export function entryShape(info: ResourceInfo): EntryShape {
  const head = canonicalHead(joinApiVersion(info.group, info.version), info.kind);
  return { info, head, typeLength: head.length - '"metadata":{'.length };
}

/** Thrown for a stored value that is no object of its resource. */
export class PoisonedValue extends Error {
  override name = "PoisonedValue";
}

const protobufMagic = Buffer.from("k8s\0");

function fieldsOf(info: ResourceInfo, object: ApiObject): Record<string, string> {
  const fields = rulesFor(info.group, info.kind)?.selectableFields?.(object) ?? {};
  fields["metadata.name"] = object.metadata.name ?? "";
  fields["metadata.namespace"] = object.metadata.namespace ?? "";
  return fields;
}

/** An entry from an object that was just encoded: nothing is parsed. */
export function entryFromWrite(shape: EntryShape, key: string, revision: Revision, bytes: Buffer, object: ApiObject): Entry {
  const { name = "", namespace = "" } = object.metadata;
  const labels = object.metadata.labels;
  return {
    key,
    namespace,
    name,
    revision,
    bytes,
    offset: spliceOffset(bytes, shape.head),
    labels,
    fields: fieldsOf(shape.info, object),
  };
}

/** Decodes a stored value of whatever form: our JSON, another server's JSON or protobuf. Throws PoisonedValue. */
export function decodeStored(shape: EntryShape, value: Uint8Array): ApiObject {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  try {
    const { object } = bytes.subarray(0, 4).compare(protobufMagic) === 0 ? decodeProtobuf(bytes) : decodeJson(bytes, shape.info.type);
    if (typeof object !== "object" || object === null || typeof object.metadata !== "object" || object.metadata === null)
      throw new PoisonedValue("no metadata");
    if (object.kind !== undefined && object.kind !== shape.info.kind) throw new PoisonedValue(`kind is ${object.kind}`);
    return object;
  } catch (error) {
    throw error instanceof PoisonedValue ? error : new PoisonedValue(error instanceof Error ? error.message : String(error));
  }
}

/** Classifies a stored value once. Canonical bytes are kept as they are; anything else is brought into that form. Throws PoisonedValue. */
export function entryFromStore(shape: EntryShape, kv: KeyValue): Entry {
  return entryFromDecoded(shape, kv, decodeStored(shape, kv.value));
}

/** The same for who has decoded it already. */
export function entryFromDecoded(shape: EntryShape, kv: KeyValue, object: ApiObject): Entry {
  let bytes: Buffer = Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.byteLength);
  if (spliceOffset(bytes, shape.head) < 0) {
    delete object.metadata.resourceVersion;
    object.kind = shape.info.kind;
    object.apiVersion = joinApiVersion(shape.info.group, shape.info.version);
    rulesFor(shape.info.group, shape.info.kind)?.setDefaults?.(object);
    bytes = encodeJson(object, shape.info.type);
  }
  return entryFromWrite(shape, kv.key, kv.modRevision, bytes, object);
}

/** The same for who goes on to change the object: canonical bytes share nothing with it. */
export function entryOfStored(shape: EntryShape, kv: KeyValue, object: ApiObject, copy: (object: ApiObject) => ApiObject): Entry {
  const bytes = Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.byteLength);
  if (spliceOffset(bytes, shape.head) < 0) return entryFromDecoded(shape, kv, copy(object));
  const entry = entryFromWrite(shape, kv.key, kv.modRevision, bytes, object);
  return entry.labels === undefined ? entry : { ...entry, labels: { ...entry.labels } };
}

/** The object of an entry, decoded afresh; the caller may change it. `revision` differs from the entry's for a deletion. */
export function objectOf(shape: EntryShape, entry: Entry, revision: Revision = entry.revision): ApiObject {
  const { object } = decodeJson(entry.bytes, shape.info.type);
  object.metadata.resourceVersion = String(revision);
  return object;
}

/** Full JSON in up to three pieces, none of them copied. */
export function jsonPieces(entry: Entry, revision: Revision = entry.revision): Buffer[] {
  const { bytes, offset } = entry;
  return [bytes.subarray(0, offset), Buffer.from(resourceVersionText(bytes, offset, revision)), bytes.subarray(offset)];
}

const brace = Buffer.from("{");

/** As an item of a list: without kind and apiVersion. */
export function itemPieces(shape: EntryShape, entry: Entry): Buffer[] {
  const [head, middle, tail] = jsonPieces(entry) as [Buffer, Buffer, Buffer];
  return [brace, head.subarray(shape.typeLength), middle, tail];
}

/** No text of a revision is longer than this, with what stands around it. */
export const maxItemExtraBytes = 48;

/** The same, written into a buffer that has room for the entry and `maxItemExtraBytes`; returns where it ends. */
export function writeItem(shape: EntryShape, { bytes, offset, revision }: Entry, into: Buffer, start: number): number {
  let at = start;
  into[at++] = 0x7b;
  at += bytes.copy(into, at, shape.typeLength, offset);
  at += into.write(resourceVersionText(bytes, offset, revision), at, "latin1");
  return at + bytes.copy(into, at, offset);
}

const partialHead = Buffer.from('{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",');

/** Only the metadata, cut out of the bytes. */
export function partialPieces(shape: EntryShape, entry: Entry, revision: Revision = entry.revision): Buffer[] {
  const { bytes, offset } = entry;
  const end = objectEnd(bytes, shape.head.length - 1);
  const text = Buffer.from(resourceVersionText(bytes, offset, revision));
  return [partialHead, bytes.subarray(shape.typeLength, offset), text, bytes.subarray(offset, end), Buffer.from("}")];
}
