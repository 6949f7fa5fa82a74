// JSON merge patch (RFC 7386): null removes, maps merge, anything else replaces.
// Invariant: pure; the document and the patch stay as they are.
// Called by: apiserver/patch. Next on the way: strategic.ts, the patch that knows the types.

import { ApiError } from "../meta/errors.ts";
import { copy, isMap, type JsonMap } from "./plain.ts";
import { open } from "./raw.ts";

/** Both are plain JSON: a typed object goes through encodeJson first, for a patch may name what memory leaves out. */
export function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isMap(patch)) throw ApiError.badRequest("Invalid JSON Patch");
  return merged(document, patch);
}

function merged(given: unknown, patch: JsonMap): JsonMap {
  const document = open(given);
  const result: JsonMap = {};
  if (isMap(document))
    for (const key of Object.keys(document)) result[key] = Object.hasOwn(patch, key) ? document[key] : copy(document[key]);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null || value === undefined) delete result[key];
    else if (isMap(value)) result[key] = merged(Object.hasOwn(result, key) ? result[key] : undefined, value);
    else result[key] = copy(value);
  }
  return result;
}
