// Who owns what: metadata.managedFields as sets of paths per owner, and back.
// Invariant: an owner is name, operation, subresource and, for updates, apiVersion; an entry nobody touched is written back as it came,
//   sets are only parsed when asked for. Order: operation, time, name, version, subresource.
// Called by: track.ts, applyconfig.ts, scale.ts. Next on the way: fieldsv1.ts.

import type { ManagedFieldsEntry } from "../machinery/types.gen.ts";
import { RawJson } from "../machinery/raw.ts";
import type { Element } from "./element.ts";
import type { FieldSet } from "./fieldset.ts";
import { fieldsText, parseFields } from "./fieldsv1.ts";

export interface Identity {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
}

/** The owner as upstream tells owners apart; also the order of equals. An applier has one entry whatever version it uses. */
export function identityText({ manager, operation, apiVersion, subresource }: Identity): string {
  return JSON.stringify({
    ...(manager !== "" && { manager }),
    operation,
    ...(operation === "Update" && { apiVersion }),
    ...(subresource !== "" && { subresource }),
  });
}

export class Owned {
  readonly identity: Identity;
  readonly time: string | undefined;
  #set: FieldSet | undefined;
  readonly #raw: RawJson | undefined;

  constructor(identity: Identity, time: string | undefined, fields: FieldSet | RawJson) {
    this.identity = identity;
    this.time = time;
    if (fields instanceof RawJson) this.#raw = fields;
    else this.#set = fields;
  }

  get set(): FieldSet {
    return (this.#set ??= parseFields(this.#raw!.text));
  }

  /** False: nothing here lies below any of these steps at the top; said without reading the set. */
  mayHave(elements: Iterable<Element>): boolean {
    if (this.#set !== undefined || this.#raw === undefined) return true;
    for (const element of elements) if (this.#raw.text.includes(`"${element}"`)) return true;
    return false;
  }

  with(set: FieldSet, apiVersion = this.identity.apiVersion): Owned {
    return new Owned({ ...this.identity, apiVersion }, this.time, set);
  }

  /** The same fields and more, since `time`; if there is nothing more, in the same words. */
  grown(more: FieldSet, time: string): Owned {
    const set = this.set.union(more);
    return new Owned(this.identity, time, set === this.set ? (this.#raw ?? set) : set);
  }

  get entry(): ManagedFieldsEntry {
    const { manager, operation, apiVersion, subresource } = this.identity;
    return {
      ...(manager !== "" && { manager }),
      operation,
      apiVersion,
      ...(this.time !== undefined && { time: this.time }),
      fieldsType: "FieldsV1",
      fieldsV1: this.#raw ?? new RawJson(fieldsText(this.set)),
      ...(subresource !== "" && { subresource }),
    };
  }
}

export type Managers = Map<string, Owned>;

/** Undefined: the entries are no such thing, and are to be disregarded altogether. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  const managers: Managers = new Map();
  for (const { manager = "", operation, apiVersion = "", time, fieldsType, fieldsV1, subresource = "" } of entries ?? []) {
    if ((operation !== "Apply" && operation !== "Update") || apiVersion === "" || fieldsType !== "FieldsV1") return undefined;
    const owned = new Owned({ manager, operation, apiVersion, subresource }, time, fieldsV1 ?? new RawJson("{}"));
    managers.set(identityText(owned.identity), owned);
  }
  return managers;
}

/** The same for entries that a request brought: their sets have to be readable, too. */
export function decodeForeignManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  const managers = decodeManagers(entries);
  try {
    // Written anew, in the form that ours are written in.
    return managers && new Map([...managers].map(([key, owned]) => [key, owned.with(owned.set)]));
  } catch {
    return undefined;
  }
}

export function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

function order(a: Owned, b: Owned): number {
  if (a.identity.operation !== b.identity.operation) return a.identity.operation < b.identity.operation ? -1 : 1;
  const time = seconds(a.time) - seconds(b.time);
  if (time !== 0) return time;
  for (const field of ["manager", "apiVersion", "subresource"] as const) {
    if (a.identity[field] !== b.identity[field]) return a.identity[field] < b.identity[field] ? -1 : 1;
  }
  return 0;
}

/** Undefined: nobody owns anything, and there is no such field. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(order).map((owned) => owned.entry);
}

/** Do two lists of entries say the same, but for when? */
export function sameOwners(a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean {
  const without = ({ manager, operation, apiVersion, fieldsType, fieldsV1, subresource }: ManagedFieldsEntry): string =>
    JSON.stringify([manager, operation, apiVersion, fieldsType, fieldsV1?.text, subresource]);
  return a.length === b.length && a.every((entry, index) => without(entry) === without(b[index]!));
}
