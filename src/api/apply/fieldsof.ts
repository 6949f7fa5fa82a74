// The paths that a configuration names: what somebody owns who applies it.
// Invariant: a struct is owned by its fields alone, a part of a map or list also by itself; an empty list of items names nothing.
// Called by: applyconfig.ts, prune.ts. Next on the way: fieldset.ts.

import { asMap, indexItems, isContainer, isEmpty, itemNode, partNode } from "./compare.ts";
import type { Document } from "./document.ts";
import { type Element, fieldElement } from "./element.ts";
import { FieldSet } from "./fieldset.ts";
import { type Node, nodeOfType } from "./topology.ts";

export function fieldsOfDocument(document: Document, type: string): FieldSet {
  const set = new FieldSet();
  inner(document, nodeOfType(type), set);
  return set;
}

function inner(value: unknown, node: Node, into: FieldSet): void {
  if (node.kind === "set" || node.kind === "keyed") {
    if (!Array.isArray(value)) return;
    for (const [key, items] of indexItems(value, node)) {
      into.members.add(key);
      if (items.length === 1) below(items[0], itemNode(node), key, into);
    }
    return;
  }
  for (const [name, part] of Object.entries(asMap(value))) {
    const partType = partNode(node, name);
    if (partType === undefined || part === undefined) continue;
    const element = fieldElement(name);
    const emptyMap = isEmpty(part) && !Array.isArray(part) && (part === null || isContainer(part));
    if (partType.kind === "leaf" || node.kind === "map" || emptyMap) into.members.add(element);
    below(part, partType, element, into);
  }
}

function below(value: unknown, node: Node, element: Element, into: FieldSet): void {
  if (node.kind === "leaf" || isEmpty(value)) return;
  const child = new FieldSet();
  inner(value, node, child);
  into.attach(element, child);
}
