// Upstream's protobuf to a typed object: the same object that its JSON would give.
// Invariant: zero without a pointer counts as absent where JSON leaves it out; a field that comes twice merges or the last one wins.
// Called by: index.ts. Next on the way: reader.ts.

import { type FieldInfo, fillAlways, type Shape, type SpecialName } from "../../facts.ts";
import { RawJson } from "../../raw.ts";
import { typeOf, zeroOf } from "../decode.ts";
import { formatDuration, formatMicro, formatSeconds } from "../values.ts";
import { bytesType, fixed64Type, ProtobufReader, varintType } from "./reader.ts";
import { DecodeError } from "../errors.ts";

type Fields = Map<number, FieldInfo>;

/** Fields by number; made once per type, never changed. */
const plans = new Map<string, Fields>();

function planOf(ref: string): Fields {
  const known = plans.get(ref);
  if (known !== undefined) return known;
  const plan = new Map(typeOf(ref).wireFields.map((field) => [field.number, field]));
  plan.delete(0);
  plans.set(ref, plan);
  return plan;
}

export function readMessage(reader: ProtobufReader, ref: string, target: Record<string, unknown>): Record<string, unknown> {
  const fields = planOf(ref);
  while (reader.more) {
    const tag = reader.tag();
    const field = fields.get(tag >>> 3);
    if (field === undefined) reader.skip(tag);
    else readField(reader, tag & 7, field, target);
  }
  fillAlways(typeOf(ref), target);
  return target;
}

function readField(reader: ProtobufReader, wireType: number, field: FieldInfo, target: Record<string, unknown>): void {
  const { name, shape } = field;
  if (wireType !== wireTypeOf(shape)) throw new DecodeError("value", `proto: wrong wireType = ${wireType} for field ${goField(name)}`);
  if (shape.kind === "list") {
    ((target[name] ??= []) as unknown[]).push(readValue(reader, shape.item));
    return;
  }
  if (shape.kind === "map") {
    readEntry(inner(reader), shape.value, (target[name] ??= {}) as Record<string, unknown>);
    return;
  }
  if (shape.kind === "message") {
    const into = field.inline ? target : ((target[name] ??= {}) as Record<string, unknown>);
    readMessage(inner(reader), shape.ref, into);
    return;
  }
  const value = readValue(reader, shape);
  const zero = !field.pointer && field.omitEmpty && (value === "" || value === 0 || value === false) && shape.kind === "scalar";
  if (value !== undefined && !zero) target[name] = value;
}

/** In error texts upstream uses Go's name of the field. */
function goField(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function wireTypeOf(shape: Shape): number {
  if (shape.kind === "list") return wireTypeOf(shape.item);
  if (shape.kind !== "scalar" || shape.scalar === "string" || shape.scalar === "bytes") return bytesType;
  return shape.scalar === "double" ? fixed64Type : varintType;
}

function inner(reader: ProtobufReader): ProtobufReader {
  return new ProtobufReader(reader.piece());
}

function readValue(reader: ProtobufReader, shape: Shape): unknown {
  if (shape.kind === "scalar") {
    switch (shape.scalar) {
      case "string":
        return reader.string();
      case "bytes":
        return reader.piece().toString("base64");
      case "bool":
        return reader.varint() !== 0;
      case "double":
        return reader.double();
      case "int32":
        return Number(reader.signed()) | 0;
      case "int64":
        return reader.signed();
    }
  }
  if (shape.kind === "message") return readMessage(inner(reader), shape.ref, {});
  if (shape.kind === "special") return readSpecial(inner(reader), shape.special);
  return readStrings(inner(reader), 1);
}

function readEntry(reader: ProtobufReader, shape: Shape, target: Record<string, unknown>): void {
  let key = "";
  let value: unknown;
  while (reader.more) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, shape);
    else reader.skip(tag);
  }
  target[key] = value ?? zeroOf(shape);
}

function readStrings(reader: ProtobufReader, number: number): string[] {
  const items: string[] = [];
  while (reader.more) {
    const tag = reader.tag();
    if (tag >>> 3 === number) items.push(reader.string());
    else reader.skip(tag);
  }
  return items;
}

const schema = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

function readSpecial(reader: ProtobufReader, special: SpecialName): unknown {
  const numbers = new Map<number, number | bigint>();
  const pieces = new Map<number, Buffer[]>();
  while (reader.more) {
    const tag = reader.tag();
    const number = tag >>> 3;
    if ((tag & 7) === varintType) numbers.set(number, reader.signed());
    else if ((tag & 7) === bytesType) pieces.set(number, [...(pieces.get(number) ?? []), reader.piece()]);
    else reader.skip(tag);
  }
  const text = (number: number): string | undefined => pieces.get(number)?.at(-1)?.toString("utf8");
  const schemas = (number: number): object[] =>
    (pieces.get(number) ?? []).map((piece) => readMessage(new ProtobufReader(piece), schema, {}));
  const seconds = numbers.get(1);
  switch (special) {
    case "Time":
      return seconds === undefined ? undefined : formatSeconds(Number(seconds));
    case "MicroTime":
      return seconds === undefined ? undefined : formatMicro(Number(seconds), Number(numbers.get(2) ?? 0));
    case "Duration":
      return formatDuration(BigInt(seconds ?? 0));
    case "Quantity":
      return text(1) ?? "0";
    case "IntOrString":
      return numbers.get(1) === 1 ? (text(3) ?? "") : Number(numbers.get(2) ?? 0) | 0;
    case "FieldsV1":
    case "RawExtension":
    case "JSON": {
      const raw = text(1);
      return raw === undefined ? undefined : new RawJson(raw);
    }
    case "JSONSchemaPropsOrBool":
      return schemas(2).at(-1) ?? numbers.get(1) === 1;
    case "JSONSchemaPropsOrArray":
      return pieces.has(2) ? schemas(2) : schemas(1).at(-1);
    case "JSONSchemaPropsOrStringArray":
      return pieces.has(2) ? (pieces.get(2) ?? []).map(String) : schemas(1).at(-1);
  }
}
