// A document without the parts that a set names.
// Invariant: the document is not changed; what changes as a whole goes only as a whole; keys of items are never removed from items that stay
//   unless the set names them.
// Called by: prune.ts. Next on the way: prune.ts.

import { isContainer, isEmpty, itemNode, partNode } from "./compare.ts";
import type { Document } from "./document.ts";
import { fieldElement } from "./element.ts";
import type { FieldSet } from "./fieldset.ts";
import { itemElement, type Node, nodeOfType } from "./topology.ts";

export function removeFields(document: Document, fields: FieldSet, type: string): Document {
  return (remove(document, fields, nodeOfType(type)) ?? {}) as Document;
}

/** Null: nothing of the part is left. */
function remove(value: unknown, fields: FieldSet, node: Node): unknown {
  if (node.kind === "leaf") return node.scalar ? value : null;
  if (!isContainer(value) || isEmpty(value)) return null;
  if (node.kind === "set" || node.kind === "keyed") {
    if (!Array.isArray(value)) return null;
    const left = value.flatMap((item: unknown) => {
      const key = itemElement(node, item);
      if (fields.members.has(key)) return [];
      const below = fields.children.get(key);
      return [below && !below.empty ? remove(item, below, itemNode(node)) : item];
    });
    return left.length > 0 ? left : null;
  }
  if (Array.isArray(value)) return null;
  const out: Document = {};
  for (const [name, part] of Object.entries(value)) {
    const element = fieldElement(name);
    if (fields.members.has(element)) continue;
    const below = fields.children.get(element);
    const inner = partNode(node, name);
    out[name] = below && !below.empty && inner ? remove(part, below, inner) : part;
  }
  return isEmpty(out) ? null : out;
}
