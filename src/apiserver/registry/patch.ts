// PATCH: what is stored, changed as the patch says, goes the way of an update.
// Invariant: a patch without a resourceVersion is applied to the newest state and tried again when somebody else was faster;
//   a patch with one fails with 409 when that is not the newest.
// Called by: registry.ts. Next on the way: update.ts.

import {
  type ApiObject,
  ApiError,
  DecodeError,
  decodeJson,
  decodeUntypedJson,
  encodeJson,
  encodeUntypedJson,
  fieldError,
  keepRaw,
  misfit,
  patchText,
} from "#api";
import type { HttpResponse } from "#wire";
import type { Call } from "../call.ts";
import { convert } from "../convert.ts";
import { applyPatch, type Patch, type PatchType } from "./applypatch.ts";
import { answerEntry } from "./answer.ts";
import { apply, isApply } from "./apply.ts";
import { checkStrict, contentType, readBody } from "./body.ts";
import { patchNarrowly } from "./narrowpatch.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { checkName, parseResourceVersion, type Proposal, updateObject } from "./update.ts";
import { type Stored, subjectOf } from "./write.ts";

const patchTypes: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
};

export async function readPatch(call: Call): Promise<Patch> {
  const media = contentType(call.request);
  const type = Object.hasOwn(patchTypes, media) ? patchTypes[media] : undefined;
  if (type === undefined) throw ApiError.of(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  const bytes = await readBody(call.request);
  // Upstream reads a strategic patch at another place than the others.
  const prefix = type === "strategic" ? "" : "error decoding patch: ";
  let document: unknown;
  try {
    document = decodeUntypedJson(bytes);
  } catch (error) {
    if (error instanceof DecodeError) throw ApiError.badRequest(`${prefix}${error.message}`);
    throw error;
  }
  const found = Array.isArray(document) ? "array" : document === null ? "null" : typeof document;
  const wanted = type === "json" ? "array" : "object";
  if (found !== wanted && found !== "null") {
    const goType = type === "json" ? "[]handlers.jsonPatchOp" : "map[string]interface {}";
    const shown = found === "boolean" ? "bool" : found;
    throw ApiError.badRequest(`${prefix}json: cannot unmarshal ${shown} into Go value of type ${goType}`);
  }
  if (document === null && type === "merge") throw ApiError.badRequest("Invalid JSON Patch");
  if (document === null) document = type === "json" ? [] : {};
  return { type, document };
}

export async function patch(call: Call): Promise<HttpResponse> {
  if (isApply(call)) return apply(call);
  // The kind of patch first: options that only server-side apply knows must not hide that it is missing.
  const patch = await readPatch(call);
  const options = writeOptions("PatchOptions", call.info.query);
  const outcome = await updateObject(call, options, (stored) => Promise.resolve(propose(call, patch, stored, options)));
  if (outcome.type === "missing") throw ApiError.notFound(subjectOf(call), call.info.name);
  return answerEntry(call, 200, outcome.entry);
}

/** Typed objects are patched as what they are on the wire, where every subtree has its bytes. */
export function patchObject(
  call: Call,
  patch: Patch,
  object: ApiObject,
  type: string,
): { bytes: Buffer; object: ApiObject; strictErrors: readonly string[] } {
  const document = keepRaw(decodeUntypedJson(encodeJson(object, type)), object);
  const patched = applyPatch(patch, document, type);
  const bytes = encodeUntypedJson(patched);
  const wrong = patch.type === "strategic" ? misfit(patched, type) : undefined;
  if (wrong !== undefined) throw invalidPatch(patch, bytes, wrong);
  try {
    return { bytes, ...decodeJson(bytes, type) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw invalidPatch(patch, bytes, error.message);
  }
}

/** A strategic patch is blamed itself, of the others what they made of the object. */
function invalidPatch(patch: Patch, bytes: Buffer, text: string): ApiError {
  const shown = patch.type === "strategic" ? patchText(patch.document) : bytes.toString("utf8");
  return ApiError.invalid({ group: "", kind: "" }, "", [fieldError.invalid("patch", shown, text)]);
}

function propose(call: Call, patch: Patch, stored: Stored, options: WriteOptions): Proposal {
  const current = convert(stored.object, call.resource);
  // Of a status the rest is only read, so it may be shared; other writes prepare the rest, too.
  const narrow = call.info.subresource === "status" ? patchNarrowly(patch, current, call.resource.type) : undefined;
  if (narrow) return proposalOf(call, narrow, stored);
  const patched = patchObject(call, patch, current, call.resource.type);
  if (options.fieldValidation === "Strict" && patched.strictErrors.length > 0)
    throw invalidPatch(patch, patched.bytes, `strict decoding error: ${patched.strictErrors.join(", ")}`);
  const object = checkStrict(patched, options.fieldValidation, call.resource, call.warn);
  return proposalOf(call, object, stored);
}

function proposalOf(call: Call, object: ApiObject, stored: Stored): Proposal {
  checkPatched(call, object);
  const given = parseResourceVersion(object.metadata.resourceVersion);
  // Untouched by the patch: then it names the state it was made from, and nobody is surprised.
  return { object, resourceVersion: given === 0 ? stored.kv.modRevision : given };
}

function checkPatched(call: Call, object: ApiObject): void {
  object.metadata ??= {};
  object.apiVersion ||= call.resource.group === "" ? call.resource.version : `${call.resource.group}/${call.resource.version}`;
  object.kind ||= call.resource.kind;
  checkName(call, object);
}
