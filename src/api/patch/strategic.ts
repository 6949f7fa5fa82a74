// Strategic merge patch: lists of things with a name merge by that name, and directives say what plain values cannot.
// Invariant: pure; the table of facts decides how a list merges (patchStrategy, patchMergeKey), the patch how it is ordered.
// Called by: apiserver/patch. Next on the way: lists.ts for lists, schema.ts for what the table says.

import { typeOf } from "../machinery/codec/decode.ts";
import type { Shape } from "../machinery/facts.ts";
import { ApiError } from "../meta/errors.ts";
import { badArgument, badPatch, checkOrder, mergeList, orderBy } from "./lists.ts";
import { copy, goText, isMap, type JsonMap } from "./plain.ts";
import { open } from "./raw.ts";
import { itemShape, lookup, PatchSchemaError } from "./schema.ts";

const directive = "$patch";
const retainKeys = "$retainKeys";
const setElementOrder = "$setElementOrder";
const deleteFromPrimitiveList = "$deleteFromPrimitiveList";

/** The document is plain JSON: a typed object goes through encodeJson first, for a patch may name what memory leaves out. */
export function strategicMergePatch(document: unknown, patch: unknown, type: string): unknown {
  if (patch !== null && !isMap(patch))
    throw ApiError.badRequest(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  const original = copy(document);
  const shape: Shape = { kind: "message", ref: typeOf(type).name, goType: "" };
  try {
    return mergeMap(isMap(original) ? original : {}, (copy(patch) ?? {}) as JsonMap, shape);
  } catch (error) {
    if (error instanceof PatchSchemaError) throw ApiError.of(500, "", error.message);
    throw error;
  }
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value === "string" ? "string" : "number";
}

/** Merges into `original` and eats `patch`: both are copies of ours. */
function mergeMap(original: JsonMap, patch: JsonMap, shape: Shape): JsonMap {
  if (Object.hasOwn(patch, directive)) return wholeMap(patch);
  keepOnly(original, patch);
  for (const key of Object.keys(patch)) if (key.startsWith(setElementOrder)) mergeInOrder(original, patch, key, shape);
  for (const [patchKey, value] of Object.entries(patch)) {
    const deletes = patchKey.startsWith(deleteFromPrimitiveList);
    mergeField(original, deletes ? listName(patchKey, deleteFromPrimitiveList) : patchKey, value, shape, deletes);
  }
  return original;
}

function wholeMap(patch: JsonMap): JsonMap {
  const kind = patch[directive];
  if (kind === "delete") return {};
  if (kind !== "replace") throw badPatch(kind, patch);
  delete patch[directive];
  return patch;
}

function mergeField(original: JsonMap, key: string, value: unknown, shape: Shape, deletes: boolean): void {
  if (value === null) {
    delete original[key];
    return;
  }
  const current = open(Object.hasOwn(original, key) ? original[key] : undefined);
  if (isMap(current) && isMap(value)) {
    const field = lookup(shape, key);
    original[key] = field.strategy === "replace" ? value : mergeMap(current, value, field.shape);
  } else if (Array.isArray(current) && Array.isArray(value)) {
    const field = lookup(shape, key);
    original[key] = field.strategy === "merge" || deletes ? mergeItems(current, value, field, deletes) : value;
  } else if (!deletes) {
    dropNulls(value);
    const [kept, keep] = withoutDirectives(value);
    if (keep) original[key] = kept;
    else delete original[key];
  }
}

function mergeItems(current: unknown[], value: unknown[], field: { shape: Shape; mergeKey: string }, deletes: boolean): unknown[] {
  const item = itemShape(field.shape);
  return mergeList(current, value, field.mergeKey, deletes, item.kind === "message" ? "struct" : item.kind, (into, from) =>
    mergeMap(into, from, item),
  );
}

/** `$setElementOrder/containers`: merges the list of that name now, then puts it into the order that the patch wants. */
function mergeInOrder(original: JsonMap, patch: JsonMap, key: string, shape: Shape): void {
  const order = patch[key];
  delete patch[key];
  if (!Array.isArray(order)) throw badArgument([], order);
  const name = listName(key, setElementOrder);
  const current = Object.hasOwn(original, name) ? original[name] : undefined;
  const given = Object.hasOwn(patch, name) ? patch[name] : undefined;
  if (current !== undefined && !Array.isArray(current)) throw badArgument([], current);
  if (given !== undefined && !Array.isArray(given)) throw badArgument([], given);
  const field = lookup(shape, name);
  if (given !== undefined) checkOrder(given, order, field.mergeKey);
  let merged: unknown[];
  if (given === undefined) {
    if (current === undefined) return;
    merged = current;
  } else if (current === undefined) merged = withoutDirectives(given)[0] as unknown[];
  else if (field.strategy === "merge") merged = mergeItems(copy(current) as unknown[], given, field, false);
  else merged = given;
  original[name] = orderBy(merged, order, current ?? [], field.mergeKey);
  delete patch[name];
}

function listName(key: string, prefix: string): string {
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  throw ApiError.badRequest(`invalid patch format of ${prefix === setElementOrder ? "setElementOrder list" : "primitive list"}`);
}

/** `$retainKeys`: what is not in the list goes, before the rest of the patch applies. */
function keepOnly(original: JsonMap, patch: JsonMap): void {
  if (!Object.hasOwn(patch, retainKeys)) return;
  const list = patch[retainKeys];
  delete patch[retainKeys];
  const wrong = ApiError.badRequest("invalid patch format of retainKeys");
  if (!Array.isArray(list)) throw wrong;
  const kept = new Set<unknown>(list);
  for (const [key, value] of Object.entries(patch)) {
    const exempt = value === null || key.startsWith(deleteFromPrimitiveList) || key.startsWith(setElementOrder);
    if (!exempt && !kept.has(key)) throw wrong;
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
}

/** Nulls of a map that is new have nothing to remove. Lists keep theirs. */
function dropNulls(value: unknown): void {
  if (!isMap(value)) return;
  for (const key of Object.keys(value)) {
    if (value[key] === null) delete value[key];
    else dropNulls(value[key]);
  }
}

/** What is new cannot be told to be replaced or deleted: such maps disappear. */
function withoutDirectives(value: unknown): [value: unknown, keep: boolean] {
  if (Array.isArray(value)) {
    return [value.map(withoutDirectives).flatMap(([item, keep]) => (keep ? [item] : [])), true];
  }
  if (!isMap(value)) return [value, true];
  if (Object.hasOwn(value, directive)) return [undefined, false];
  for (const key of Object.keys(value)) {
    const [inner, keep] = withoutDirectives(value[key]);
    if (keep) value[key] = inner;
    else delete value[key];
  }
  return [value, true];
}

/** How upstream prints a patch that led to something that is no object of the kind. */
export function patchText(patch: unknown): string {
  return goText(patch);
}
