// Plain JSON in memory to a typed object, without making text of it: what a patch has made of an object's plain form.
// Invariant: what it returns is what decodeJson makes of the same JSON; whatever is odd it leaves to that way, which knows the words for it.
// Called by: apiserver's patches of a part. Next on the way: quicktype.ts.

import { fillAlways, type ScalarName, type SpecialName } from "../facts.ts";
import { RawJson } from "../raw.ts";
import { DecodeError } from "./errors.ts";
import { canonicalQuantity } from "./quantity.ts";
import { odd, quickFields, type QuickShape, type QuickType, quickType } from "./quicktype.ts";
import { canonicalBase64, canonicalMicroTime, canonicalTime } from "./values.ts";

/** Undefined: write it down and decode it. Nothing of `value` is changed; raw subtrees are shared. */
export function typedFromPlain(value: unknown, ref: string): Record<string, unknown> | undefined {
  try {
    const type = quickType(ref);
    const target = message(value, type);
    if (target["metadata"] === undefined && type.info.byName.has("metadata")) target["metadata"] = {};
    return target;
  } catch (error) {
    if (error === odd || error instanceof DecodeError) return undefined;
    throw error;
  }
}

function mapOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof RawJson) throw odd;
  return value as Record<string, unknown>;
}

function message(value: unknown, type: QuickType): Record<string, unknown> {
  const map = mapOf(value);
  const fields = type.fields ?? quickFields(type);
  const target: Record<string, unknown> = {};
  for (const name of Object.keys(map)) {
    const inner = map[name];
    if (inner === undefined) continue;
    const index = type.info.byName.get(name);
    if (index === undefined) throw odd;
    const { shape } = fields[index]!;
    if (inner !== null) target[name] = typed(inner, shape);
    else if (shape.kind === "special" && shape.special !== "Time" && shape.special !== "MicroTime") throw odd;
  }
  if (type.info.always.length > 0) fillAlways(type.info, target);
  return target;
}

function typed(value: unknown, shape: QuickShape): unknown {
  switch (shape.kind) {
    case "message":
      return message(value, shape.type);
    case "list":
      if (!Array.isArray(value)) throw odd;
      return value.map((item) => typed(item, shape.item));
    case "map": {
      const target: Record<string, unknown> = {};
      for (const [key, inner] of Object.entries(mapOf(value))) if (inner !== undefined) target[key] = typed(inner, shape.value);
      return target;
    }
    case "scalar":
      return scalar(value, shape.scalar);
    case "special":
      return special(value, shape.special);
  }
}

function text(value: unknown): string {
  if (typeof value !== "string" || !value.isWellFormed()) throw odd;
  return value;
}

function integer(value: unknown, type: "int32" | "int64"): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw odd;
  if (type === "int32" && (value > 0x7fffffff || value < -0x80000000)) throw odd;
  return value === 0 ? 0 : value;
}

function scalar(value: unknown, name: ScalarName): unknown {
  switch (name) {
    case "string":
      return text(value);
    case "bytes":
      return canonicalBase64(text(value));
    case "bool":
      if (typeof value !== "boolean") throw odd;
      return value;
    case "int32":
    case "int64":
      return integer(value, name);
    case "double":
      throw odd;
  }
}

/** Raw JSON that would be written as it stands. */
const settled = /^[^ \n\r\t<>&\u2028\u2029]*$/;
/** A quantity is read with its escapes, so there may be none. */
const unescaped = /^[\w.+-]*$/;

function special(value: unknown, name: SpecialName): unknown {
  switch (name) {
    case "Time":
      return canonicalTime(text(value));
    case "MicroTime":
      return canonicalMicroTime(text(value));
    case "Quantity":
      if (typeof value !== "string" || !unescaped.test(value)) throw odd;
      return canonicalQuantity(value);
    case "IntOrString":
      return typeof value === "number" ? integer(value, "int32") : text(value);
    case "FieldsV1":
    case "RawExtension":
    case "JSON":
      if (!(value instanceof RawJson) || !settled.test(value.text)) throw odd;
      return value;
    case "Duration":
    case "JSONSchemaPropsOrArray":
    case "JSONSchemaPropsOrBool":
    case "JSONSchemaPropsOrStringArray":
      throw odd;
  }
}
