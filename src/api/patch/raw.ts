// Subtrees whose bytes nobody may touch, inside documents that are patched.
// Invariant: what a patch does not name keeps its bytes; what it does name is opened once, without losing digits or order of keys that Go keeps.
// Called by: apiserver's patch (keepRaw), jsonpatch.ts, mergepatch.ts, strategic.ts (open). Next on the way: machinery/raw.ts.

import { decodeUntypedText } from "../machinery/codec/untyped.ts";
import { RawJson } from "../machinery/raw.ts";
import { isMap } from "./plain.ts";

/** Puts the raw subtrees of a typed object into its plain form, in place. */
export function keepRaw(document: unknown, object: unknown): unknown {
  if (object instanceof RawJson) return object;
  if (Array.isArray(document) && Array.isArray(object)) {
    for (const [i, item] of object.entries()) document[i] = keepRaw(document[i], item);
  } else if (isMap(document) && isMap(object)) {
    for (const key of Object.keys(document)) {
      if (Object.hasOwn(object, key)) document[key] = keepRaw(document[key], object[key]);
    }
  }
  return document;
}

/** The inside of a raw subtree, for a patch that reaches into it; anything else as it is. */
export function open(value: unknown): unknown {
  return value instanceof RawJson ? decodeUntypedText(value.text).value : value;
}
