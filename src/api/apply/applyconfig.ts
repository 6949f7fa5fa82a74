// Server-side apply: a configuration becomes part of an object, and its applier the owner of what it names.
// Invariant: pure; nothing given is changed. Who would take what another owns is refused, unless forced; then the other loses it.
// Called by: apiserver/registry/apply.ts. Next on the way: merge.ts, prune.ts, conflicts.ts.

import { type ApiObject, splitApiVersion } from "../machinery/object.ts";
import type { ManagedFieldsEntry } from "../machinery/types.gen.ts";
import { ApiError } from "../meta/errors.ts";
import { equal } from "../patch/plain.ts";
import { compare } from "./compare.ts";
import { type Conflict, conflictError, Conflicts } from "./conflicts.ts";
import { type Document, documentOf } from "./document.ts";
import { fieldsOfDocument } from "./fieldsof.ts";
import { FieldSet } from "./fieldset.ts";
import { allowedByLastApplied, kubectlApplier, withLastApplied } from "./lastapplied.ts";
import { encodeManagers, identityText, type Managers, Owned } from "./managers.ts";
import { mergeDocuments } from "./merge.ts";
import { prune } from "./prune.ts";
import { resetFilter, stripMeta } from "./reset.ts";
import { apiVersionOf, decodeLive, filtered, identityOf, lose, trackUpdate, Versions, type Write } from "./track.ts";
import { validateDocument } from "./validate.ts";

export interface ApplyInput {
  /** Undefined: the configuration creates the object. */
  readonly live: ApiObject | undefined;
  readonly config: Document;
  readonly force: boolean;
  readonly write: Write;
}

export interface Applied {
  /** Plain JSON, not yet decoded and without defaults; undefined: nothing but owners changes. */
  readonly document: Document | undefined;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

export function applyConfiguration(input: ApplyInput): Applied {
  const { live, config, write } = input;
  checkConfiguration(config, write);
  const { view } = write;
  const before = live ?? { apiVersion: apiVersionOf(view), kind: view.kind, metadata: {} };
  const managers = managersBefore(live, write);
  const state: State = { before, managers, applied: applicable(config), input };
  try {
    return step(state, input.force);
  } catch (error) {
    if (!(error instanceof Conflicts)) throw error;
    return afterConflict(state, error);
  }
}

interface State {
  readonly before: ApiObject;
  readonly managers: Managers;
  readonly applied: Document;
  readonly input: ApplyInput;
}

/** What kubectl once applied on the client's side it may take over, as long as nobody has changed it since. */
function afterConflict(state: State, found: Conflicts): Applied {
  const { write } = state.input;
  const allowed = write.manager === kubectlApplier ? allowedByLastApplied(state.before, write) : undefined;
  if (allowed === undefined) throw conflictError(found.conflicts);
  const left = found.conflicts.filter(({ path }) => !allowed.has(path));
  if (left.length > 0) throw conflictError(left);
  return step(state, true);
}

function checkConfiguration(config: Document, { view }: Write): void {
  const { apiVersion = "", kind = "" } = config as { apiVersion?: string; kind?: string };
  if (kind !== view.kind || apiVersion !== apiVersionOf(view)) {
    const { group, version } = splitApiVersion(apiVersion);
    throw ApiError.badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
  }
  const metadata = config["metadata"] as Document | null | undefined;
  if (metadata?.["managedFields"] !== undefined && metadata["managedFields"] !== null)
    throw ApiError.badRequest("metadata.managedFields must be nil");
  const problem = validateDocument(config, view.type);
  if (problem === undefined) return;
  const { name = "", namespace = "" } = (metadata ?? {}) as { name?: string; namespace?: string };
  const kindText = `${view.group}/${view.version}, Kind=${view.kind}`;
  throw ApiError.of(500, "", `failed to create typed patch object (${namespace}/${name}; ${kindText}): ${problem}`);
}

/** `managedFields: null` says nothing. */
function applicable(config: Document): Document {
  const metadata = config["metadata"] as Document | null | undefined;
  if (!metadata || !("managedFields" in metadata)) return config;
  const { managedFields: _, ...rest } = metadata;
  return { ...config, metadata: rest };
}

/** Of an object without owners, everything that is there belongs to whoever was before. */
function managersBefore(live: ApiObject | undefined, write: Write): Managers {
  const managers = decodeLive(live);
  if (managers.size > 0 || live === undefined) return managers;
  const { managedFields: _, ...metadata } = live.metadata;
  const entries = trackUpdate(undefined, { ...live, metadata }, { ...write, manager: "before-first-apply" });
  return decodeLive({ ...live, metadata: { ...metadata, ...(entries && { managedFields: entries }) } });
}

function step({ before, managers: found, applied, input }: State, force: boolean): Applied {
  const { write } = input;
  const { view } = write;
  const managers: Managers = new Map(found);
  const liveDocument = documentOf(before, view.type);
  const identity = identityOf(write, "Apply");
  const key = identityText(identity);
  const last = managers.get(key);
  const set = resetFilter(view, write.subresource)(fieldsOfDocument(applied, view.type));
  const mine = new Owned(identity, last?.time, set);
  managers.set(key, mine);
  const merged = mergeDocuments(liveDocument, applied, view.type);
  const document = last === undefined || last.set.empty ? merged : pruned(merged, managers, last, write);
  const left = settle({ before, document, managers, key, write, force });
  const kept = stripMeta(set);
  const same = equal(document, liveDocument);
  if (kept.empty) left.delete(key);
  else left.set(key, new Owned(identity, same ? last?.time : write.now, kept));
  const managedFields = encodeManagers(left);
  if (write.manager === kubectlApplier) withLastApplied(document, applied);
  return { document: same && equal(document, liveDocument) ? undefined : document, managedFields };
}

function pruned(merged: Document, managers: Managers, last: Owned, write: Write): Document {
  let owned = new FieldSet();
  for (const { identity, set } of managers.values()) if (identity.apiVersion === apiVersionOf(write.view)) owned = owned.union(set);
  return prune({ merged, type: write.view.type, last: last.set, owned });
}

interface Settling {
  readonly before: ApiObject;
  readonly document: Document;
  readonly managers: Managers;
  /** The applier's. */
  readonly key: string;
  readonly write: Write;
  readonly force: boolean;
}

/** What the others own afterwards. Throws Conflicts. */
function settle({ before, document, managers, key, write, force }: Settling): Managers {
  const { view } = write;
  const filter = resetFilter(view, write.subresource);
  const comparison = filtered(compare(documentOf(before, view.type), document, view.type), filter);
  const versions = new Versions(before, document as unknown as ApiObject, write, comparison);
  const left: Managers = new Map();
  const conflicts: Conflict[] = [];
  for (const [other, owned] of [...managers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (other === key) continue;
    const seen = versions.comparison(owned.identity.apiVersion);
    if (seen === undefined) continue;
    const contested = owned.set.intersection(seen.modified.union(seen.added));
    for (const path of contested.paths()) conflicts.push({ owner: owned.identity, path });
    const after = lose(owned, seen);
    if (!after.set.empty) left.set(other, after);
  }
  if (conflicts.length > 0 && !force) throw new Conflicts(conflicts);
  return left;
}
