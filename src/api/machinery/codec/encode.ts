// A typed object to canonical JSON: exactly the bytes that upstream writes (architecture decision 5).
// Invariant: fields in struct order, what is zero and may be left out is left out, keys of maps sorted by byte, Go's HTML escaping.
// Called by: codec/index.ts for every answer and every stored value. Next on the way: untyped.ts and decode.ts for the way in.

import { type FieldInfo, findType, type Shape, type SpecialName, type TypeInfo, typeOfKind } from "../facts.ts";
import { splitApiVersion } from "../object.ts";
import { RawJson } from "../raw.ts";
import { sortTexts } from "../sorttexts.ts";
import { compact } from "./scanner.ts";

// oxlint-disable-next-line no-control-regex -- control characters are what must be found
const unsafe = /["\\<>&\u0000-\u001f\u2028\u2029\ud800-\udfff]/;
const html = /[<>&\u2028\u2029]/g;

export function encodeString(text: string): string {
  return unsafe.test(text) ? JSON.stringify(text.toWellFormed()).replace(html, escapeHtml) : `"${text}"`;
}

function escapeHtml(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Raw JSON goes out as it came in, but for Go's escaping; outside of strings these characters cannot stand. */
function encodeRaw(raw: RawJson): string {
  return compact(raw.text).replace(html, escapeHtml);
}

const surrogate = /[\ud800-\udfff]/;

/** Order of bytes of UTF-8, which is order of code points; the platform's own order differs for surrogates. */
export function sortedKeys(map: object): string[] {
  const keys = sortTexts(Object.keys(map));
  if (!keys.some((key) => surrogate.test(key))) return keys;
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

export interface Plan {
  readonly fields: readonly FieldPlan[];
  readonly byName: ReadonlyMap<string, FieldPlan>;
  /** Those that stand there even when the object has them not. */
  readonly always: readonly FieldPlan[];
}

export interface FieldPlan {
  readonly name: string;
  readonly prefix: string;
  readonly shape: Shape;
  /** What stands there when the object has no such field; undefined: nothing. */
  readonly absent: string | undefined;
  /** Zero counts as absent. */
  readonly dropZero: boolean;
  /** Storage knows no difference between an empty list and none, and so no answer does, but for lists of answers. */
  readonly nullIfEmpty: boolean;
}

/** Plans are made when first needed and never change: a memo of the table. */
const plans = new Map<string, Plan>();

export function planOf(ref: string): Plan {
  const known = plans.get(ref);
  if (known !== undefined) return known;
  const info = findType(ref);
  if (info === undefined) throw new Error(`no such type in the table of facts: ${ref}`);
  const fields = info.fields.map((field) => fieldPlan(info, field));
  const always = fields.filter(({ absent, dropZero }) => absent !== undefined && !dropZero);
  const plan: Plan = { fields, byName: new Map(fields.map((field) => [field.name, field])), always };
  plans.set(ref, plan);
  return plan;
}

function fieldPlan(info: TypeInfo, field: FieldInfo): FieldPlan {
  const { name, shape, omitEmpty, pointer } = field;
  const struct = !pointer && (shape.kind === "message" || shape.kind === "special");
  // omitempty says nothing about structs: they are always there. The one field with omitzero is creationTimestamp.
  const omitZero = name === "creationTimestamp" && info.goStruct === "ObjectMeta";
  const pointed = shape.kind === "special" && shape.special === "FieldsV1";
  const leaves = omitZero || pointed || (omitEmpty && !struct);
  return {
    name,
    prefix: `${JSON.stringify(name)}:`,
    shape,
    absent: leaves ? undefined : absentText(shape, pointer),
    dropZero: omitEmpty && !pointer && !struct,
    nullIfEmpty:
      !omitEmpty && (shape.kind === "list" || shape.kind === "map") && !/List$|^Table|^SubjectRulesReviewStatus$|^API/.test(info.goStruct),
  };
}

function absentText(shape: Shape, pointer: boolean): string {
  if (pointer || shape.kind === "list" || shape.kind === "map") return "null";
  if (shape.kind === "message") return messageText({}, planOf(shape.ref));
  if (shape.kind === "special") return absentSpecial[shape.special];
  if (shape.scalar === "bytes") return "null";
  return shape.scalar === "string" ? '""' : shape.scalar === "bool" ? "false" : "0";
}

const absentSpecial: Readonly<Record<SpecialName, string>> = {
  Time: "null",
  MicroTime: "null",
  Duration: '"0s"',
  Quantity: '"0"',
  IntOrString: "0",
  FieldsV1: "null",
  RawExtension: "null",
  JSON: "null",
  JSONSchemaPropsOrArray: "null",
  JSONSchemaPropsOrBool: "false",
  JSONSchemaPropsOrStringArray: "null",
};

export function isZero(value: unknown, shape: Shape): boolean {
  if (shape.kind === "list") return (value as readonly unknown[]).length === 0;
  if (shape.kind === "map") {
    for (const key in value as object) if (Object.hasOwn(value as object, key)) return false;
    return true;
  }
  return value === "" || value === 0 || value === false || value === 0n;
}

function messageText(object: Record<string, unknown>, plan: Plan): string {
  let out = "{";
  for (const field of plan.fields) {
    const value = object[field.name];
    const absent = value === undefined || value === null || ((field.dropZero || field.nullIfEmpty) && isZero(value, field.shape));
    if (absent) {
      if (field.dropZero || field.absent === undefined) continue;
      out += out.length > 1 ? `,${field.prefix}${field.absent}` : field.prefix + field.absent;
    } else {
      out += out.length > 1 ? `,${field.prefix}${valueText(value, field.shape)}` : field.prefix + valueText(value, field.shape);
    }
  }
  return `${out}}`;
}

function valueText(value: unknown, shape: Shape): string {
  switch (shape.kind) {
    case "scalar":
      return typeof value === "string" ? encodeString(value) : typeof value === "number" ? numberText(value) : String(value);
    case "message":
      return messageText(value as Record<string, unknown>, planOf(shape.ref));
    case "list":
      return listText(value as readonly unknown[], shape.item);
    case "map":
      return mapText(value as Record<string, unknown>, shape.value);
    case "special":
      return specialText(value, shape.special);
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "0" : String(value);
}

function listText(items: readonly unknown[], shape: Shape): string {
  let out = "[";
  for (let index = 0; index < items.length; index++) {
    if (index > 0) out += ",";
    const item = items[index];
    out += item === undefined || item === null ? absentText(shape, false) : valueText(item, shape);
  }
  return `${out}]`;
}

function mapText(map: Record<string, unknown>, shape: Shape): string {
  let out = "{";
  for (const key of sortedKeys(map)) {
    const value = map[key];
    if (value === undefined) continue;
    if (out.length > 1) out += ",";
    out += `${encodeString(key)}:${value === null ? absentText(shape, false) : valueText(value, shape)}`;
  }
  return `${out}}`;
}

const schema = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

function specialText(value: unknown, special: SpecialName): string {
  if (value instanceof RawJson) return encodeRaw(value);
  if (typeof value === "string") return encodeString(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (special.startsWith("JSONSchemaPropsOr")) {
    if (!Array.isArray(value)) return messageText(value as Record<string, unknown>, planOf(schema));
    // An empty list falls back to the schema, which is not there.
    if (value.length === 0) return "null";
    const item: Shape =
      special === "JSONSchemaPropsOrArray"
        ? { kind: "message", ref: schema, goType: "" }
        : { kind: "scalar", scalar: "string", goType: "string" };
    return listText(value as readonly unknown[], item);
  }
  return embeddedText(value);
}

/** A raw field that holds an object of ours (a table's row, a watch event): written by its own kind, else sorted. */
function embeddedText(value: unknown): string {
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== "string" || typeof kind !== "string") return untypedText(value);
  const { group, version } = splitApiVersion(apiVersion);
  const type = typeOfKind(group, version, kind);
  return type === undefined ? untypedText(value) : encodeText(value as object, type);
}

/** Without a table, as upstream writes objects of custom resources: every map sorted. */
export function untypedText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return encodeString(value);
  if (value instanceof RawJson) return encodeRaw(value);
  if (Array.isArray(value)) return `[${value.map(untypedText).join(",")}]`;
  if (typeof value === "object") {
    const map = value as Record<string, unknown>;
    const parts = sortedKeys(map).flatMap((key) => (map[key] === undefined ? [] : [`${encodeString(key)}:${untypedText(map[key])}`]));
    return `{${parts.join(",")}}`;
  }
  return typeof value === "number" ? numberText(value) : String(value as boolean | bigint);
}

export function encodeText(object: object, type: string): string {
  return messageText(object as Record<string, unknown>, planOf(type));
}
