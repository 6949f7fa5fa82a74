// A typed object to upstream's protobuf, byte for byte: what has no pointer is always written, maps sorted, fields by number.
// Invariant: the bytes depend on the object's JSON alone.
// Called by: index.ts. Next on the way: writer.ts.

import { type FieldInfo, type Shape, type SpecialName } from "../../facts.ts";
import { RawJson } from "../../raw.ts";
import { typeOf } from "../decode.ts";
import { sortedKeys, untypedText } from "../encode.ts";
import { parseDuration, parseTime } from "../values.ts";
import { bytesType, fixed64Type, varintType } from "./reader.ts";
import type { ReverseWriter } from "./writer.ts";

/** Fields by descending number: the writer goes backwards. Made once per type, never changed. */
const plans = new Map<string, readonly FieldInfo[]>();

function planOf(ref: string): readonly FieldInfo[] {
  const known = plans.get(ref);
  if (known !== undefined) return known;
  const plan = typeOf(ref)
    .wireFields.filter(({ number }) => number > 0)
    .toSorted((a, b) => b.number - a.number);
  plans.set(ref, plan);
  return plan;
}

export function writeMessage(writer: ReverseWriter, object: Record<string, unknown>, ref: string): void {
  for (const field of planOf(ref)) {
    // An inlined message is written from its parent's own fields.
    const value = field.inline ? object : object[field.name];
    if (value === undefined || value === null) {
      if (field.pointer || field.kind === "list" || field.kind === "map" || isPointed(field.shape)) continue;
      if (field.shape.kind === "scalar" && field.shape.scalar === "bytes") continue;
      writeField(writer, field.number, zeroOf(field.shape), field.shape);
    } else if (field.shape.kind === "list") {
      const items = value as readonly unknown[];
      for (let index = items.length - 1; index >= 0; index--) writeField(writer, field.number, items[index], field.shape.item);
    } else if (field.shape.kind === "map") writeMap(writer, field.number, value as Record<string, unknown>, field.shape.value);
    else writeField(writer, field.number, value, field.shape);
  }
}

function isPointed(shape: Shape): boolean {
  return shape.kind === "special" && shape.special === "FieldsV1";
}

function zeroOf(shape: Shape): unknown {
  if (shape.kind === "scalar") return shape.scalar === "string" ? "" : shape.scalar === "bool" ? false : 0;
  return shape.kind === "message" ? {} : undefined;
}

function writeMap(writer: ReverseWriter, number: number, map: Record<string, unknown>, shape: Shape): void {
  for (const key of sortedKeys(map).toReversed()) {
    const value = map[key];
    writer.lengthOf(() => {
      writeField(writer, 2, value ?? zeroOf(shape), shape);
      writer.string(key);
      writer.tag(1, bytesType);
    });
    writer.tag(number, bytesType);
  }
}

function writeField(writer: ReverseWriter, number: number, value: unknown, shape: Shape): void {
  if (shape.kind === "scalar") {
    writer.tag(number, writeScalar(writer, value, shape.scalar));
    return;
  }
  writer.lengthOf(() => {
    if (shape.kind === "message") writeMessage(writer, (value ?? {}) as Record<string, unknown>, shape.ref);
    else if (shape.kind === "special") writeSpecial(writer, value, shape.special);
    else if (shape.kind === "list") writeStrings(writer, 1, value as readonly string[] | undefined);
    else throw new Error("a map of maps has no wire form");
  });
  writer.tag(number, bytesType);
}

/** A named list of strings inside a map is a message of its own. */
function writeStrings(writer: ReverseWriter, number: number, items: readonly string[] | undefined): void {
  for (const item of (items ?? []).toReversed()) {
    writer.string(item);
    writer.tag(number, bytesType);
  }
}

function writeScalar(writer: ReverseWriter, value: unknown, scalar: string): number {
  switch (scalar) {
    case "string":
      writer.string(value as string);
      return bytesType;
    case "bytes":
      writer.bytes(Buffer.from(value as string, "base64"));
      return bytesType;
    case "bool":
      writer.varint(value === true ? 1 : 0);
      return varintType;
    case "double":
      writer.double(value as number);
      return fixed64Type;
    default:
      writer.varint(value as number | bigint);
      return varintType;
  }
}

function varintField(writer: ReverseWriter, number: number, value: number | bigint): void {
  writer.varint(value);
  writer.tag(number, varintType);
}

function bytesField(writer: ReverseWriter, number: number, text: string): void {
  writer.string(text);
  writer.tag(number, bytesType);
}

const schema = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

function schemaField(writer: ReverseWriter, number: number, value: object): void {
  writer.lengthOf(() => writeMessage(writer, value as Record<string, unknown>, schema));
  writer.tag(number, bytesType);
}

function writeSpecial(writer: ReverseWriter, value: unknown, special: SpecialName): void {
  switch (special) {
    case "Time":
    case "MicroTime":
      if (typeof value === "string") {
        const { seconds, nanos } = parseTime(value);
        varintField(writer, 2, special === "Time" ? 0 : nanos);
        varintField(writer, 1, seconds);
      }
      return;
    case "Duration":
      varintField(writer, 1, parseDuration(typeof value === "string" ? value : "0"));
      return;
    case "Quantity":
      bytesField(writer, 1, typeof value === "string" ? value : "0");
      return;
    case "IntOrString":
      bytesField(writer, 3, typeof value === "string" ? value : "");
      varintField(writer, 2, typeof value === "number" ? value : 0);
      varintField(writer, 1, typeof value === "string" ? 1 : 0);
      return;
    case "FieldsV1":
    case "RawExtension":
    case "JSON":
      if (value !== undefined) bytesField(writer, 1, value instanceof RawJson ? value.text : untypedText(value));
      return;
    case "JSONSchemaPropsOrBool":
      if (typeof value === "object" && value !== null) schemaField(writer, 2, value);
      varintField(writer, 1, value === false || value === undefined ? 0 : 1);
      return;
    case "JSONSchemaPropsOrArray":
      if (Array.isArray(value)) for (const item of (value as object[]).toReversed()) schemaField(writer, 2, item);
      else if (typeof value === "object" && value !== null) schemaField(writer, 1, value);
      return;
    case "JSONSchemaPropsOrStringArray":
      if (Array.isArray(value)) writeStrings(writer, 2, value as string[]);
      else if (typeof value === "object" && value !== null) schemaField(writer, 1, value);
      return;
  }
}
