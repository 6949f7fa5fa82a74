// Whether plain JSON fits a type, in the words of upstream's converter from unstructured objects: what a strategic patch made goes through it.
// Invariant: pure; undefined means that it fits as far as this converter looks. Values with a decoder of their own are left to that one.
// Called by: apiserver's patch, before the object is decoded. Next on the way: machinery/codec/decode.ts.

import { typeOf } from "../machinery/codec/decode.ts";
import type { ScalarName, Shape } from "../machinery/facts.ts";
import { RawJson } from "../machinery/raw.ts";
import { isMap } from "./plain.ts";

/** The first misfit in the order of the type's fields. */
export function misfit(document: unknown, type: string): string | undefined {
  return misfitOf(document, { kind: "message", ref: type, goType: "" });
}

function firstOf<T>(items: Iterable<T>, check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = check(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Go's kinds of what JSON can hold. */
function kindOf(value: unknown): "string" | "bool" | "int64" | "float64" | "slice" | "map" {
  if (Array.isArray(value)) return "slice";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return "map";
}

const scalarKinds: Readonly<Record<ScalarName, string>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  double: "float64",
  bytes: "slice",
};

function misfitOf(value: unknown, shape: Shape): string | undefined {
  if (value === null || value === undefined || value instanceof RawJson) return undefined;
  const kind = kindOf(value);
  switch (shape.kind) {
    case "special":
      return undefined;
    case "scalar":
      return scalarMisfit(kind, shape.scalar, shape.goType);
    case "list":
      if (!Array.isArray(value)) return `cannot restore slice from ${kind}`;
      return firstOf(value, (item) => misfitOf(item, shape.item));
    case "map":
      if (!isMap(value)) return `cannot restore map from ${kind}`;
      return firstOf(Object.values(value), (item) => misfitOf(item, shape.value));
    case "message":
      if (!isMap(value)) return `cannot restore struct from: ${kind}`;
      return firstOf(typeOf(shape.ref).fields, (field) =>
        Object.hasOwn(value, field.name) ? misfitOf(value[field.name], field.shape) : undefined,
      );
  }
}

function scalarMisfit(kind: ReturnType<typeof kindOf>, scalar: ScalarName, goType: string): string | undefined {
  const wanted = scalarKinds[scalar];
  if (wanted === "slice") return kind === "string" || kind === "slice" ? undefined : `cannot restore slice from ${kind}`;
  if (kind === wanted) return undefined;
  const numeric = wanted !== "string" && wanted !== "bool";
  if (kind === "int64" && numeric) return undefined;
  // Go would make a character of an integer and a rounded integer of a fraction, if it were let.
  if ((kind === "int64" && wanted === "string") || (kind === "float64" && numeric)) return `cannot convert ${kind} to ${goType}`;
  return `unrecognized type: ${wanted}`;
}
