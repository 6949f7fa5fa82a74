// Plain JSON values as patches see them: what is a map, deep copies, equality, and how Go prints them in error texts.
// Invariant: nothing here mutates its input; RawJson and bigint are leaves.
// Called by: every file of patch/. Next on the way: jsonpatch.ts, mergepatch.ts, strategic.ts.

import { RawJson } from "../machinery/raw.ts";

export type JsonMap = Record<string, unknown>;

export function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof RawJson);
}

export function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isMap(value)) return value;
  const result: JsonMap = {};
  for (const key of Object.keys(value)) if (value[key] !== undefined) result[key] = copy(value[key]);
  return result;
}

export function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (isMap(a)) {
    if (!isMap(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
  }
  if (a instanceof RawJson) return b instanceof RawJson ? a.text === b.text : equal(a.parse(), b);
  return a === b;
}

/** Go's `%v`: `map[a:1 b:[x y]]`, `<nil>`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (value instanceof RawJson) return goText(value.parse());
  if (isMap(value)) {
    const parts = Object.keys(value)
      .toSorted()
      .map((key) => `${key}:${goText(value[key])}`);
    return `map[${parts.join(" ")}]`;
  }
  return String(value as string | number | bigint | boolean);
}

/** What Go calls the type of a decoded JSON value. */
export function goTypeOf(value: unknown): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (Array.isArray(value)) return "[]interface {}";
  if (isMap(value)) return "map[string]interface {}";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  return typeof value === "bigint" || Number.isInteger(value) ? "int64" : "float64";
}
