// What most kinds share: views of an object as its type, "did the spec change", one requests-and-limits helper.
// Invariant: equality is that of the canonical encoding, so absent, null and empty are the same where the wire says so.
// Called by: kinds/<kind>.ts. Next on the way: deployment.ts, as an example.

import { isDeepStrictEqual } from "node:util";
import { encodeJson } from "../machinery/codec/index.ts";
import type { ApiObject } from "../machinery/object.ts";
import { Quantity } from "../meta/quantity.ts";

/** An object's typed view; the same object, no copy. */
export function as<T>(object: ApiObject): T {
  return object as unknown as T;
}

/** Whether two values of one API type say the same on the wire. */
export function sameOnWire(a: object | undefined, b: object | undefined, type: string): boolean {
  return a === b || isDeepStrictEqual(a, b) || encodeJson(a ?? {}, type).equals(encodeJson(b ?? {}, type));
}

export function sameMap(a: Record<string, string> | undefined, b: Record<string, string> | undefined): boolean {
  return isDeepStrictEqual({ ...a }, { ...b });
}

/** Rounds amounts to thousandths, as the API stores them. */
export function roundResourceList(list: Record<string, string> | undefined): void {
  if (!list) return;
  for (const [name, amount] of Object.entries(list)) {
    try {
      list[name] = Quantity.parse(amount).roundUpToMilli().toString();
    } catch {
      // Validation says what is wrong with it.
    }
  }
}

/** Spec objects that must be there even when the writer left them out. */
export function child(object: Record<string, unknown>, key: string): Record<string, unknown> {
  const found = object[key];
  if (typeof found === "object" && found !== null) return found as Record<string, unknown>;
  const made: Record<string, unknown> = {};
  object[key] = made;
  return made;
}

/** Next generation if `changed`, else the old one; writers cannot set it. */
export function bumpGeneration(object: ApiObject, old: ApiObject, changed: boolean): void {
  const generation = old.metadata.generation ?? 0;
  const next = changed ? generation + 1 : generation;
  if (next > 0) object.metadata.generation = next;
  else delete object.metadata.generation;
}

/** What a writer of another part of the object cannot say about the object itself. */
export function keepMetadata({ metadata }: ApiObject, old: ApiObject): void {
  for (const field of ["labels", "annotations", "finalizers", "ownerReferences"] as const) {
    const value = old.metadata[field];
    if (value === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: value });
  }
}

/** The part of an object that a writer may not touch here: taken from the old one. */
export function keep(object: ApiObject, old: ApiObject, field: "spec" | "status"): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}
