// PATCH with application/apply-patch+yaml: server-side apply, to an object that is there or to one that it creates.
// Invariant: an apply without a resourceVersion is worked out on the newest state, again whenever somebody else was faster;
//   ownership is settled before defaults, so that nobody owns what was filled in.
// Called by: patch.ts, subresources/scale.ts. Next on the way: api/apply, then update.ts or create.ts.

import {
  type ApiObject,
  ApiError,
  applyConfiguration,
  DecodeError,
  decodeJson,
  decodeUntypedJson,
  decodeUntypedJsonStrict,
  encodeUntypedJson,
  type OwnershipView,
  yamlToJson,
} from "#api";
import type { HttpResponse } from "#wire";
import type { Call } from "../call.ts";
import { convert } from "../convert.ts";
import { answerEntry } from "./answer.ts";
import { contentType, readBody } from "./body.ts";
import { clone } from "./clone.ts";
import { createObject } from "./create.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { type ViewedKind, writeOf } from "./ownership.ts";
import { checkName, parseResourceVersion, type Proposal, updateObject } from "./update.ts";
import { subjectOf } from "./write.ts";

const applyType = "application/apply-patch+yaml";
const maxAttempts = 5;

export function isApply(call: Call): boolean {
  return contentType(call.request) === applyType;
}

export interface Configuration {
  readonly document: Record<string, unknown>;
  readonly options: WriteOptions;
  /** Keys given twice, told only after everything else was right. */
  readonly strictErrors: readonly string[];
}

export async function readConfiguration(call: Call): Promise<Configuration> {
  const bytes = await readBody(call.request);
  const options = writeOptions("ApplyOptions", call.info.query);
  return { options, ...decode(bytes) };
}

function decode(bytes: Buffer): { document: Record<string, unknown>; strictErrors: readonly string[] } {
  const json = fromJson(bytes);
  if (json !== undefined) return { document: json, strictErrors: [] };
  try {
    const { json: text, strictErrors } = yamlToJson(bytes);
    return { document: checkMap(decodeUntypedJson(text)), strictErrors };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw ApiError.badRequest(`error decoding YAML: ${error.message}`);
  }
}

/** JSON is YAML, only faster to read. Undefined: it is none, or not clean enough for error texts with line numbers. */
function fromJson(bytes: Buffer): Record<string, unknown> | undefined {
  if (bytes[0] !== 0x7b) return undefined;
  try {
    const { value, strictErrors } = decodeUntypedJsonStrict(bytes);
    return strictErrors.length === 0 ? checkMap(value) : undefined;
  } catch {
    return undefined;
  }
}

function checkMap(value: unknown): Record<string, unknown> {
  if (value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  const found = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const text = `json: cannot unmarshal ${found} into Go value of type map[string]interface {}`;
  throw ApiError.badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${text}`);
}

export async function apply(call: Call): Promise<HttpResponse> {
  const configuration = await readConfiguration(call);
  for (let attempt = 1; ; attempt++) {
    const outcome = await updateObject(call, configuration.options, (stored) => {
      const live = convert(stored.object, call.resource);
      const object = applied(call, configuration, live);
      checkName(call, object);
      return Promise.resolve(proposal(object));
    });
    if (outcome.type !== "missing") return answerEntry(call, 200, outcome.entry);
    if (call.subresource !== undefined) throw ApiError.notFound(subjectOf(call), call.info.name);
    try {
      return await createApplied(call, configuration);
    } catch (error) {
      // Somebody else created it a moment ago: then there is something to apply to.
      const taken = error instanceof ApiError && error.status.reason === "AlreadyExists";
      if (!taken || attempt === maxAttempts) throw error;
    }
  }
}

function proposal(object: ApiObject): Proposal {
  return { object, resourceVersion: parseResourceVersion(object.metadata.resourceVersion), owned: true };
}

async function createApplied(call: Call, configuration: Configuration): Promise<HttpResponse> {
  const object = applied(call, configuration, undefined);
  const { uid = "" } = object.metadata;
  if (uid !== "") {
    const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw ApiError.conflict(subjectOf(call), call.info.name, text);
  }
  checkName(call, object);
  await call.authorizeAs("create");
  // What there is not has no version that could be another one.
  delete object.metadata.resourceVersion;
  const created = await createObject(call, object, { ...configuration.options, owned: true });
  return answerEntry(call, 201, created.entry);
}

/** `kind`: what the configuration speaks of, if that is not the resource itself. */
export function applied(call: Call, configuration: Configuration, live: ApiObject | undefined, kind?: ViewedKind): ApiObject {
  const write = writeOf(call, configuration.options.fieldManager, kind);
  const { document, managedFields } = applyConfiguration({
    live,
    config: configuration.document,
    force: configuration.options.force,
    write,
  });
  const object = document === undefined ? clone(live!) : typed(document, write.view);
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
  warnOrRefuse(call, configuration);
  return object;
}

function warnOrRefuse(call: Call, { options, strictErrors }: Configuration): void {
  if (strictErrors.length === 0 || options.fieldValidation === "Ignore") return;
  if (options.fieldValidation === "Strict") throw ApiError.badRequest(`error strict decoding YAML: ${strictErrors.join(", ")}`);
  // One warning for each key, without the sentence around them.
  for (const text of strictErrors) for (const line of text.split("\n").slice(1)) call.warn(line.trim());
}

function typed(document: Record<string, unknown>, { group, version, kind, type }: OwnershipView): ApiObject {
  try {
    const { object } = decodeJson(encodeUntypedJson(document), type);
    object.metadata ??= {};
    return object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { name = "", namespace = "" } = (document["metadata"] ?? {}) as { name?: string; namespace?: string };
    const what = `${group}/${version}, Kind=${kind}`;
    const text = `unable to convert unstructured object to ${what}: ${error.message}`;
    throw ApiError.of(500, "", `failed to convert new object (${namespace}/${name}; ${what}) to proper version: ${text}`);
  }
}
