// From a verb's outcome to its answer.
// Invariant: the form was negotiated before anything was written, so that a write never fails for want of a form.
// Called by: every verb. Next on the way: output.ts.

import { ApiError } from "#api";
import type { HttpResponse } from "#wire";
import type { Entry } from "../cache/entry.ts";
import type { Call } from "../call.ts";
import { type EntryView, entryResponse } from "../output.ts";
import type { IncludeObject } from "../table.ts";

const includes: readonly string[] = ["Metadata", "Object", "None"];

export function viewOf(call: Call): EntryView {
  const include = call.info.query.get("includeObject") || "Metadata";
  if (call.representation.view === "table" && !includes.includes(include)) {
    const text = `includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`;
    throw ApiError.badRequest(`Unable to convert to Table as requested: ${text}`);
  }
  return {
    shape: call.core.cache.of(call.resource).shape,
    resource: call.resource,
    representation: call.representation,
    nowMs: call.core.clock.nowMs(),
    includeObject: include as IncludeObject,
  };
}

export function answerEntry(call: Call, status: number, entry: Entry): HttpResponse {
  return entryResponse(status, viewOf(call), entry);
}
