// The part of an object that a patch speaks of: a status patch need not take spec and metadata apart and put them together again.
// Invariant: the outcome is that of patching the whole; whatever is not plainly so (odd keys, unknown fields, anything wrong) is left to the whole.
// Called by: patch.ts. Next on the way: patch.ts again, with less in its hands.

import { type ApiObject, plainOf, typedFromPlain } from "#api";
import { applyPatch, type Patch } from "./applypatch.ts";

type Fields = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Says only what is there already: `{"uid": …}` as a precondition, as kubelets send it. */
function saysNothingNew(patched: unknown, stored: unknown): boolean {
  if (!isMap(patched) || !isMap(stored)) return false;
  return Object.entries(patched).every(([key, value]) => typeof value === "string" && Object.hasOwn(stored, key) && stored[key] === value);
}

/** The top-level fields that the patch changes; undefined: it has to see the whole. */
function touched(patch: Patch, object: Fields): string[] | undefined {
  if (patch.type === "json" || !isMap(patch.document)) return undefined;
  const fields: string[] = [];
  for (const [key, value] of Object.entries(patch.document)) {
    if (key.startsWith("$") || key === "__proto__") return undefined;
    if (key === "kind" || key === "apiVersion") {
      if (value !== object[key]) return undefined;
    } else if (!saysNothingNew(value, object[key])) fields.push(key);
  }
  return fields;
}

function pick(from: Fields, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((field) => Object.hasOwn(from, field)).map((field) => [field, from[field]]));
}

/** The patched object; the fields that the patch leaves alone are the very ones of `object`. Undefined: patch the whole instead. */
export function patchNarrowly(patch: Patch, object: ApiObject, type: string): ApiObject | undefined {
  const fields = touched(patch, object);
  if (fields === undefined || fields.length === 0) return undefined;
  const { kind, apiVersion } = object;
  const part = { kind, apiVersion, ...pick(object, fields) };
  const patched = applyPatch({ type: patch.type, document: pick(patch.document as Fields, fields) }, plainOf(part, type), type);
  const typed = typedFromPlain(patched, type);
  if (typed === undefined) return undefined;
  const result: Record<string, unknown> = { ...object, metadata: { ...object.metadata } };
  for (const field of fields) {
    if (Object.hasOwn(typed, field)) result[field] = typed[field];
    else delete result[field];
  }
  return result as unknown as ApiObject;
}
