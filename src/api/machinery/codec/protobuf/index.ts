// Protobuf bodies in and out: upstream's envelope (magic, then Unknown with type and raw bytes) around a message of the table.
// Invariant: decodeProtobuf∘encodeProtobuf is the identity on everything upstream writes.
// Called by: apiserver (bodies, answers, watches), store readers of foreign data. Next on the way: decode.ts, encode.ts.

import { type ApiObject, splitApiVersion } from "../../object.ts";
import { typeOfKind } from "../../facts.ts";
import { DecodeError, goQuote } from "../errors.ts";
import { type Decoded } from "../json.ts";
import { readMessage } from "./decode.ts";
import { writeMessage } from "./encode.ts";
import { bytesType, ProtobufReader } from "./reader.ts";
import { ReverseWriter } from "./writer.ts";

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

export interface ProtobufDecoded extends Decoded {
  readonly apiVersion: string;
  readonly kind: string;
}

export function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.equals(bytes.subarray(0, magic.length));
}

export function openEnvelope(bytes: Uint8Array): ProtobufEnvelope {
  if (!isProtobuf(bytes)) {
    throw new DecodeError("value", `provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]`);
  }
  const reader = new ProtobufReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), magic.length);
  const found = { apiVersion: "", kind: "", raw: Buffer.alloc(0) as Buffer };
  while (reader.more) {
    const tag = reader.tag();
    if (tag === (1 << 3) + bytesType) readTypeMeta(new ProtobufReader(reader.piece()), found);
    else if (tag === (2 << 3) + bytesType) found.raw = reader.piece();
    else reader.skip(tag);
  }
  return found;
}

function readTypeMeta(reader: ProtobufReader, found: { apiVersion: string; kind: string }): void {
  while (reader.more) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) found.apiVersion = reader.string();
    else if (tag >>> 3 === 2) found.kind = reader.string();
    else reader.skip(tag);
  }
}

/** `type`: what the envelope's kind must be read as, where the route knows better; by default its kind decides. */
export function decodeProtobuf(bytes: Uint8Array, type?: string): ProtobufDecoded {
  const { apiVersion, kind, raw } = openEnvelope(bytes);
  const { group, version } = splitApiVersion(apiVersion);
  const ref = type ?? typeOfKind(group, version, kind);
  if (ref === undefined) {
    throw new DecodeError(
      "value",
      `no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const target: Record<string, unknown> = {};
  if (kind !== "") target.kind = kind;
  if (apiVersion !== "") target.apiVersion = apiVersion;
  const object = readMessage(new ProtobufReader(raw), ref, target) as ApiObject;
  return { object, strictErrors: [], apiVersion, kind };
}

export function encodeProtobuf(object: { readonly apiVersion?: string; readonly kind?: string }, type: string): Buffer {
  const writer = new ReverseWriter();
  // contentType and contentEncoding: always there, always empty.
  writer.string("");
  writer.tag(4, bytesType);
  writer.string("");
  writer.tag(3, bytesType);
  writer.lengthOf(() => writeMessage(writer, object as Record<string, unknown>, type));
  writer.tag(2, bytesType);
  writer.lengthOf(() => {
    writer.string(object.kind ?? "");
    writer.tag(2, bytesType);
    writer.string(object.apiVersion ?? "");
    writer.tag(1, bytesType);
  });
  writer.tag(1, bytesType);
  writer.raw(magic);
  return writer.done();
}

/** One frame of a watch: four bytes of length, then type and the enveloped object. */
export function encodeProtobufWatchEvent(type: string, enveloped: Uint8Array): Buffer {
  const writer = new ReverseWriter();
  writer.lengthOf(() => {
    writer.bytes(enveloped);
    writer.tag(1, bytesType);
  });
  writer.tag(2, bytesType);
  writer.string(type);
  writer.tag(1, bytesType);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(writer.mark);
  writer.raw(length);
  return writer.done();
}
