// What an applier no longer names goes, unless somebody else owns it.
// Invariant: only what the applier itself applied last time can go; parts of what changes as a whole count as one.
// Called by: applyconfig.ts. Next on the way: remove.ts.

import { partNode, itemNode } from "./compare.ts";
import type { Document } from "./document.ts";
import { fieldsOfDocument } from "./fieldsof.ts";
import { FieldSet } from "./fieldset.ts";
import { removeFields } from "./remove.ts";
import { type Node, nodeOfType } from "./topology.ts";

export interface PruneInput {
  readonly merged: Document;
  readonly type: string;
  /** What the applier owned before. */
  readonly last: FieldSet;
  /** What anybody owns now, the applier's new set included. */
  readonly owned: FieldSet;
}

export function prune({ merged, type, last, owned }: PruneInput): Document {
  const named = (set: FieldSet): FieldSet => withNamedFields(set, nodeOfType(type));
  const mergedSet = named(fieldsOfDocument(merged, type));
  // First everything that was applied last time goes, then what has an owner comes back, then what the applier never owned.
  const bare = removeFields(merged, named(last), type);
  const owners = named(fieldsOfDocument(bare, type)).union(named(owned));
  const kept = removeFields(merged, mergedSet.difference(owners), type);
  const keptSet = named(fieldsOfDocument(kept, type));
  return removeFields(merged, mergedSet.difference(keptSet).intersection(named(last)), type);
}

/** Structs are members wherever something in them is: so that an empty one goes with its last field. */
function withNamedFields(set: FieldSet, node: Node | undefined): FieldSet {
  const out = new FieldSet();
  for (const member of set.members) out.members.add(member);
  for (const [element, child] of set.children) {
    const isField = element.startsWith("f:");
    const name = element.slice(2);
    if (isField && node?.kind === "struct" && node.field(name)) out.members.add(element);
    const inner = node && (isField ? partNode(node, name) : element.startsWith("k:") && node.kind === "keyed" ? itemNode(node) : undefined);
    out.children.set(element, withNamedFields(child, inner));
  }
  return out;
}
