// What one write changed: the paths that came, went and now say something else.
// Invariant: a path is in at most one of the three sets; a part that came or went is named with all that is in it.
// Called by: track.ts, applyconfig.ts. Next on the way: track.ts, which tells the owners.

import { RawJson } from "../machinery/raw.ts";
import { equal } from "../patch/plain.ts";
import type { Document } from "./document.ts";
import { type Element, fieldElement } from "./element.ts";
import { FieldSet } from "./fieldset.ts";
import { itemElement, type Node, nodeOfType } from "./topology.ts";

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function isSame({ added, modified, removed }: Comparison): boolean {
  return added.empty && modified.empty && removed.empty;
}

/** A place in the three sets at once; the sets grow only where something is found. */
class Place {
  readonly parent: Place | undefined;
  readonly element: Element;
  #sets: Partial<Record<keyof Comparison, FieldSet>>;

  constructor(parent: Place | undefined, element: Element, sets: Partial<Record<keyof Comparison, FieldSet>> = {}) {
    this.parent = parent;
    this.element = element;
    this.#sets = sets;
  }

  set(kind: keyof Comparison): FieldSet {
    return (this.#sets[kind] ??= this.parent!.set(kind).child(this.element));
  }
}

export function compare(before: Document, after: Document, type: string): Comparison {
  const sets = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };
  children(before, after, nodeOfType(type), new Place(undefined, "", sets));
  return sets;
}

export function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof RawJson);
}

/** Null counts as empty: what is neither a map nor a list has no parts. */
export function isEmpty(value: unknown): boolean {
  if (!isContainer(value)) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

function one(before: unknown, after: unknown, node: Node, element: Element, place: Place): void {
  if (before === after) return;
  if (before === undefined) return whole(after, node, element, place.set("added"));
  if (after === undefined) return whole(before, node, element, place.set("removed"));
  if (node.kind === "leaf" || (isEmpty(before) && isEmpty(after))) {
    if (!equal(before, after)) place.set("modified").members.add(element);
    return;
  }
  children(before, after, node, new Place(place, element));
}

function children(before: unknown, after: unknown, node: Node, place: Place): void {
  if (node.kind === "set" || node.kind === "keyed") return items(asList(before), asList(after), node, place);
  const left = asMap(before);
  const right = asMap(after);
  for (const name of Object.keys(left)) {
    const inner = partNode(node, name);
    if (inner) one(left[name], Object.hasOwn(right, name) ? right[name] : undefined, inner, fieldElement(name), place);
  }
  for (const name of Object.keys(right)) {
    if (Object.hasOwn(left, name)) continue;
    const inner = partNode(node, name);
    if (inner) one(undefined, right[name], inner, fieldElement(name), place);
  }
}

export function partNode(node: Node, name: string): Node | undefined {
  return node.kind === "struct" ? node.field(name) : node.kind === "map" ? node.value : undefined;
}

export function itemNode(node: Node): Node {
  return node.kind === "keyed" ? node.item : { kind: "leaf", scalar: true };
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asMap(value: unknown): Readonly<Document> {
  return isContainer(value) && !Array.isArray(value) ? (value as Document) : {};
}

/** Everything in a part that is only on one side. */
function whole(value: unknown, node: Node, element: Element, into: FieldSet): void {
  into.members.add(element);
  if (node.kind === "leaf" || isEmpty(value)) return;
  const inner = into.child(element);
  if (node.kind === "struct" || node.kind === "map") {
    for (const [name, part] of Object.entries(value as object)) {
      const partType = partNode(node, name);
      if (partType && part !== undefined) whole(part, partType, fieldElement(name), inner);
    }
    return;
  }
  for (const [key, found] of indexItems(value as unknown[], node)) {
    if (found.length === 1) whole(found[0], itemNode(node), key, inner);
    else inner.members.add(key);
  }
}

/** Items by key. More than one under a key is wrong but happens in what is stored. */
export function indexItems(list: readonly unknown[], node: Node & { kind: "keyed" | "set" }): Map<Element, unknown[]> {
  const found = new Map<Element, unknown[]>();
  for (const item of list) {
    const key = itemElement(node, item);
    const known = found.get(key);
    if (known) known.push(item);
    else found.set(key, [item]);
  }
  return found;
}

/** The keys of a list, if each is there once and the other list has the same in the same order, as most do. */
function sameKeys(before: readonly unknown[], after: readonly unknown[], node: Node & { kind: "keyed" | "set" }): Element[] | undefined {
  if (before.length !== after.length || before.length > maxPaired) return undefined;
  const keys: Element[] = [];
  for (let index = 0; index < before.length; index++) {
    const key = itemElement(node, before[index]);
    if (itemElement(node, after[index]) !== key || keys.includes(key)) return undefined;
    keys.push(key);
  }
  return keys;
}
/** Longer lists are looked up by key. */
const maxPaired = 16;

function items(before: readonly unknown[], after: readonly unknown[], node: Node & { kind: "keyed" | "set" }, place: Place): void {
  const keys = sameKeys(before, after, node);
  if (keys !== undefined) {
    const item = itemNode(node);
    for (let index = 0; index < keys.length; index++) one(before[index], after[index], item, keys[index]!, place);
    return;
  }
  const left = indexItems(before, node);
  const right = indexItems(after, node);
  const inner = itemNode(node);
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const l = left.get(key) ?? [];
    const r = right.get(key) ?? [];
    if (l.length < 2 && r.length < 2) one(l[0], r[0], inner, key, place);
    else if (l.length > 1 && r.length > 1) {
      if (!equal(l, r)) place.set("modified").members.add(key);
    } else if (l.length > 1) {
      if (r.length > 0) one(undefined, r[0], inner, key, place);
      place.set("removed").members.add(key);
    } else {
      if (l.length > 0) one(l[0], undefined, inner, key, place);
      place.set("added").members.add(key);
    }
  }
}
