// How the parts of a type are owned: as one piece, field by field, item by key, item by value.
// Invariant: derived from the table; compiled once per type, when first asked for.
// Called by: compare.ts, fieldsof.ts, merge.ts, remove.ts, reconcile.ts. Next on the way: the walker that asks.

import { own } from "#lib";
import { type FieldInfo, findType, type Shape, type TypeInfo } from "../machinery/facts.ts";
import { type Element, keyElement, valueElement } from "./element.ts";

export type Node =
  /** Scalars, and whatever changes as a whole. */
  | { readonly kind: "leaf"; readonly scalar: boolean }
  | { readonly kind: "struct"; readonly type: string; field(name: string): Node | undefined }
  | { readonly kind: "map"; readonly value: Node }
  | { readonly kind: "set" }
  | { readonly kind: "keyed"; readonly item: Node; readonly keys: readonly string[]; readonly defaults: ReadonlyMap<string, unknown> };

const scalar: Node = { kind: "leaf", scalar: true };
const atomic: Node = { kind: "leaf", scalar: false };
const set: Node = { kind: "set" };

/** Memos of the table. */
const nodes = new Map<string, Node>();

export function nodeOfType(type: string): Node {
  const known = nodes.get(type);
  if (known !== undefined) return known;
  const info = findType(type);
  if (info === undefined) throw new Error(`no such type in the table of facts: ${type}`);
  const fields = new Map<string, Node | undefined>();
  const field = (name: string): Node | undefined => {
    if (fields.has(name)) return fields.get(name);
    const index = info.byName.get(name);
    const node = index === undefined ? undefined : nodeOfField(info.fields[index]!);
    fields.set(name, node);
    return node;
  };
  const node: Node = { kind: "struct", type, field };
  nodes.set(type, node);
  return node;
}

function nodeOfField(field: FieldInfo): Node {
  const { shape, listType, listMapKeys = [], mapType } = field;
  if (shape.kind === "list" && listType === "set") return set;
  if (shape.kind === "list" && listType === "map") return keyed(shape.item, listMapKeys);
  if (shape.kind === "message" && mapType === "granular") return nodeOfType(shape.ref);
  if ((shape.kind === "map" || shape.kind === "message") && mapType === "atomic") return atomic;
  return nodeOfShape(shape);
}

/** A shape that nothing more is said of: lists change as a whole, maps and structs by their parts. */
function nodeOfShape(shape: Shape): Node {
  switch (shape.kind) {
    case "scalar":
      return scalar;
    case "special":
      return wholeSpecials.has(shape.special) ? atomic : scalar;
    case "list":
      return atomic;
    case "map":
      return { kind: "map", value: nodeOfShape(shape.value) };
    case "message":
      return findType(shape.ref)?.mapType === "atomic" ? atomic : nodeOfType(shape.ref);
  }
}

// Simplification: JSON inside of schemas is owned in one piece; upstream goes into its maps.
const wholeSpecials: ReadonlySet<string> = new Set([
  "FieldsV1",
  "RawExtension",
  "JSON",
  "JSONSchemaPropsOrArray",
  "JSONSchemaPropsOrBool",
  "JSONSchemaPropsOrStringArray",
]);

function keyed(item: Shape, keys: readonly string[]): Node {
  const info = item.kind === "message" ? findType(item.ref) : undefined;
  const defaults = new Map<string, unknown>();
  for (const key of keys) {
    const value = info && defaultKey(info, key);
    if (value !== undefined) defaults.set(key, value);
  }
  return { kind: "keyed", item: nodeOfShape(item), keys, defaults };
}

/** What a key is that an item leaves out: the published default, which for required fields is their zero. */
function defaultKey(info: TypeInfo, key: string): unknown {
  if (key === "protocol" && (info.goStruct === "ContainerPort" || info.goStruct === "ServicePort")) return "TCP";
  if (key === "name" && info.goStruct === "LocalObjectReference") return "";
  const field = info.fields[info.byName.get(key) ?? -1];
  if (field === undefined || field.omitEmpty || field.pointer || field.shape.kind !== "scalar") return undefined;
  return field.shape.scalar === "string" ? "" : field.shape.scalar === "bool" ? false : 0;
}

/** Why an item of a list has no key. */
export class KeyError extends Error {
  override name = "KeyError";
}

/** The step that leads to an item. */
export function itemElement(node: Node & { kind: "keyed" | "set" }, item: unknown): Element {
  if (node.kind === "set") {
    if (Array.isArray(item)) throw new KeyError("not supported: associative list with lists as elements");
    if (item === null) throw new KeyError("associative list without keys has an element that's an explicit null");
    if (typeof item === "object") throw new KeyError("associative list without keys has an element that's a map type");
    return valueElement(item);
  }
  if (item === null) throw new KeyError("associative list with keys may not have a null element");
  if (typeof item !== "object" || Array.isArray(item)) throw new KeyError("associative list with keys may not have non-map elements");
  const found: [string, unknown][] = [];
  for (const key of node.keys) {
    const value = own(item as Record<string, unknown>, key) ?? node.defaults.get(key);
    if (value !== undefined) found.push([key, value]);
  }
  if (found.length === 0) {
    const names = `[${node.keys.map((key) => JSON.stringify(key)).join(" ")}]`;
    throw new KeyError(
      `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(found);
}
