// A deep copy of an object in memory.
// Invariant: raw subtrees are shared, for they never change; everything else is new.
// Called by: update.ts, patch.ts, delete.ts, wherever an attempt may have to be repeated.

import { RawJson } from "#api";

export function clone<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || value instanceof RawJson) return value;
  if (Array.isArray(value)) return value.map(clone) as Value;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = clone((value as Record<string, unknown>)[name]);
    // A key called __proto__ is an ordinary key, which an assignment would not make it.
    if (name === "__proto__") Object.defineProperty(copy, name, { value: field, enumerable: true, writable: true, configurable: true });
    else copy[name] = field;
  }
  return copy as Value;
}
