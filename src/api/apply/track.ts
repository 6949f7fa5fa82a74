// Ownership after a create, an update or a patch: whoever changes a field owns it, and nobody else does.
// Invariant: pure; the objects are not changed; times move only for who changed something. An object that nobody ever applied to or
//   created with owners stays without them.
// Called by: apiserver/registry (create.ts, update.ts, scale.ts). Next on the way: compare.ts, managers.ts.

import type { ApiObject } from "../machinery/object.ts";
import type { ManagedFieldsEntry } from "../machinery/types.gen.ts";
import { type Comparison, compare, isSame } from "./compare.ts";
import { documentsOf } from "./document.ts";
import { FieldSet } from "./fieldset.ts";
import {
  decodeForeignManagers,
  decodeManagers,
  encodeManagers,
  type Identity,
  identityText,
  type Managers,
  Owned,
  seconds,
} from "./managers.ts";
import { type Filter, resetFilter, stripMeta } from "./reset.ts";

/** Kind and version that the request speaks of, and how to see an object in another version of the kind. */
export interface View {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: string;
  /** The object and its type in another version; undefined: there is no such version any more. */
  at(object: ApiObject, apiVersion: string): { readonly object: ApiObject; readonly type: string } | undefined;
}

export interface Write {
  readonly view: View;
  readonly subresource: string;
  readonly manager: string;
  /** RFC 3339. */
  readonly now: string;
}

export const maxUpdateManagers = 10;

export function apiVersionOf({ group, version }: Pick<View, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

export function identityOf({ manager, view, subresource }: Write, operation: Identity["operation"]): Identity {
  return { manager: manager || "unknown", operation, apiVersion: apiVersionOf(view), subresource };
}

/** The entries the object is to carry; undefined for none. `live` is undefined for a creation; `object` still carries what the request said. */
export function trackUpdate(live: ApiObject | undefined, object: ApiObject, write: Write): ManagedFieldsEntry[] | undefined {
  const given = write.subresource === "" ? object.metadata.managedFields : undefined;
  if (isReset(given)) return live === undefined ? encodeManagers(changed(live, object, new Map(), write)) : undefined;
  let managers = given === undefined || given === live?.metadata.managedFields ? undefined : decodeForeignManagers(given);
  if (managers === undefined || managers.size === 0) managers = decodeLive(live);
  if (managers.size === 0 && live !== undefined) return undefined;
  return encodeManagers(changed(live, object, managers, write));
}

export function decodeLive(live: ApiObject | undefined): Managers {
  return decodeManagers(live?.metadata.managedFields) ?? new Map();
}

function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (entries === undefined) return false;
  return entries.length === 0 || (entries.length === 1 && Object.values(entries[0]!).every((value) => value === undefined));
}

function changed(live: ApiObject | undefined, object: ApiObject, managers: Managers, write: Write): Managers {
  const { view } = write;
  const before = live ?? { apiVersion: apiVersionOf(view), kind: view.kind, metadata: {} };
  const filter = resetFilter(view, write.subresource);
  const comparison = filtered(compare(...documentsOf(before, object, view.type), view.type), filter);
  const versions = new Versions(before, object, write, comparison);
  const touched = comparison.added.union(comparison.modified);
  const mine = stripMeta(touched);
  const identity = identityOf(write, "Update");
  const key = identityText(identity);
  const known = managers.get(key);
  // Who only adds to what it owns, or says something else of it, need not lose it first and get it back.
  if (known && !mine.empty && touched === mine && !known.set.touches(comparison.removed)) {
    managers.delete(key);
    const left = takeFromOthers(managers, versions);
    left.set(key, known.grown(mine, write.now));
    return capped(left);
  }
  const left = takeFromOthers(managers, versions);
  if (!mine.empty) {
    const previous = left.get(key);
    left.set(key, new Owned(identity, write.now, previous ? mine.union(previous.set) : mine));
  }
  return capped(left);
}

export function filtered({ added, modified, removed }: Comparison, filter: Filter): Comparison {
  return { added: filter(added), modified: filter(modified), removed: filter(removed) };
}

/** One change, seen in each version that an owner speaks. */
export class Versions {
  readonly #before: ApiObject;
  readonly #after: ApiObject;
  readonly #write: Write;
  readonly #known = new Map<string, Comparison | undefined>();

  constructor(before: ApiObject, after: ApiObject, write: Write, own: Comparison) {
    this.#before = before;
    this.#after = after;
    this.#write = write;
    this.#known.set(apiVersionOf(write.view), own);
  }

  /** Undefined: the version is gone. */
  comparison(apiVersion: string): Comparison | undefined {
    if (this.#known.has(apiVersion)) return this.#known.get(apiVersion);
    const before = this.#write.view.at(this.#before, apiVersion);
    const after = this.#write.view.at(this.#after, apiVersion);
    const seen = before && after && compare(...documentsOf(before.object, after.object, before.type), before.type);
    this.#known.set(apiVersion, seen);
    return seen;
  }
}

/** Everybody loses what the write changed or removed; who has nothing left, or speaks a version that is gone, is gone. */
function takeFromOthers(managers: Managers, versions: Versions): Managers {
  const left: Managers = new Map();
  for (const [key, owned] of managers) {
    const comparison = versions.comparison(owned.identity.apiVersion);
    if (comparison === undefined) continue;
    const after = isSame(comparison) ? owned : lose(owned, comparison);
    if (after === owned || !after.set.empty) left.set(key, after);
  }
  return left;
}

/** The same object if nothing is lost, so that its text need not be written again; often it need not even be read. */
export function lose(owned: Owned, { added, modified, removed }: Comparison): Owned {
  const changes = [added, modified, removed].filter((set) => owned.mayHave([...set.members, ...set.children.keys()]));
  const lost = changes.filter((set) => owned.set.touches(set));
  return lost.length === 0 ? owned : owned.with(lost.reduce((set, change) => set.difference(change), owned.set));
}

// Simplification: sets are not rewritten where a list or map has changed between "in one piece" and "by parts" since they were made, as
// between releases upstream does; the table here is of one release.
/** More than ten updaters: the oldest are put together, one heap per version. */
function capped(managers: Managers): Managers {
  const updaters = [...managers].filter(([, { identity }]) => identity.operation === "Update");
  if (updaters.length <= maxUpdateManagers) return managers;
  updaters.sort(([a, { time: x }], [b, { time: y }]) => seconds(x) - seconds(y) || (a < b ? -1 : 1));
  const firsts = new Map<string, string>();
  let count = updaters.length;
  for (const [key, owned] of updaters) {
    if (count <= maxUpdateManagers) break;
    const { apiVersion } = owned.identity;
    const first = firsts.get(apiVersion);
    if (first === undefined) {
      firsts.set(apiVersion, key);
      continue;
    }
    const identity: Identity = { manager: "ancient-changes", operation: "Update", apiVersion, subresource: "" };
    const heap = identityText(identity);
    const before = managers.get(heap)?.set ?? managers.get(first)?.set ?? new FieldSet();
    if (!managers.has(heap)) managers.delete(first);
    managers.delete(key);
    managers.set(heap, new Owned(identity, owned.time, owned.set.union(before)));
    count--;
  }
  return managers;
}
