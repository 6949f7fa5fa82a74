// From a verb's outcome to its answer.
// Invariant: the form was negotiated before anything was written, so that a write never fails for want of a form.
// Called by: every verb. Next on the way: output.ts.

import { ApiError } from "#api";
import { header, type HttpResponse } from "#wire";
import { type Entry, jsonPieces } from "../cache/entry.ts";
import { withoutOwnership } from "../cache/splice.ts";
import type { Call } from "../call.ts";
import { bytesResponse, type EntryView, entryResponse, servesStoredBytes } from "../output.ts";
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
  const view = viewOf(call);
  // Field ownership is half of an object, and nothing that an agent or a control loop reads. Pretty answers are people's.
  const bare = servesStoredBytes(view) && !call.representation.pretty && header(call.request.headers, "dhow-answer") === "bare";
  if (!bare) return entryResponse(status, view, entry);
  return bytesResponse(status, Buffer.concat(withoutOwnership(Buffer.concat(jsonPieces(entry)))), view.representation);
}
