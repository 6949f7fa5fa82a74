// A set of paths as the text that managedFields carries, and back.
// Invariant: the text is upstream's, byte for byte: steps in order, `.` for a step that is itself in the set and has something below it.
//   A set whose text was written is not changed any more; neither is one that was read.
// Called by: managers.ts. Next on the way: fieldset.ts.

import { own } from "#lib";
import { sortTexts } from "../machinery/sorttexts.ts";
import { canonicalElement, compareElements } from "./element.ts";
import { FieldSet } from "./fieldset.ts";

export function fieldsText(set: FieldSet): string {
  return write(set, false);
}

function write(set: FieldSet, self: boolean): string {
  const inner = (set.text ??= innerText(set));
  if (!self) return `{${inner}}`;
  return inner === "" ? '{".":{}}' : `{".":{},${inner}}`;
}

/** What stands between the braces. Most subtrees of a set that changed are those of the set before, and so are their texts. */
function innerText(set: FieldSet): string {
  const elements = [...set.members];
  for (const element of set.children.keys()) if (!set.members.has(element)) elements.push(element);
  if (elements.length > 1) sortElements(elements);
  let out = "";
  for (const element of elements) {
    const child = set.children.get(element);
    const below = child !== undefined && !child.empty;
    if (out !== "") out += ",";
    out += `${keyText(element)}:${below ? write(child, set.members.has(element)) : "{}"}`;
  }
  return out;
}

const plainField = /^f:[ -~]*$/;

/** Names of fields are in order as any text is; whatever else there is has an order of its own. */
function sortElements(elements: string[]): void {
  if (elements.every((element) => plainField.test(element))) sortTexts(elements);
  else elements.sort(compareElements);
}

// oxlint-disable-next-line no-control-regex -- control characters are what must be found
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Upstream's writer knows no short forms for backspace and form feed. */
function keyText(element: string): string {
  if (!escaped.test(element)) return `"${element}"`;
  return JSON.stringify(element.toWellFormed()).replace(/(?<!\\)((?:\\\\)*)\\([bf])/g, (_, before: string, letter: string) => {
    return `${before}${letter === "b" ? "\\u0008" : "\\u000c"}`;
  });
}

/** Pods of one kind are owned alike, and a thousand nodes renew their leases in turn: a memo of what was read last, oldest first. Sets never change once made. */
const known = new Map<string, FieldSet>();
const maxKnown = 2048;
const maxKnownLength = 8192;

/** Throws SyntaxError for a text that describes no set. Steps of unknown kinds are dropped with all below them. */
export function parseFields(text: string): FieldSet {
  const found = known.get(text);
  if (found !== undefined) return found;
  const set = new FieldSet();
  read(JSON.parse(text) as unknown, set);
  if (text.length <= maxKnownLength) {
    if (known.size >= maxKnown) known.delete(known.keys().next().value!);
    known.set(text, set);
  }
  return set;
}

/** True: the node itself is a member of its parent. */
function read(node: unknown, into: FieldSet): boolean {
  if (node === null) return true;
  if (typeof node !== "object" || Array.isArray(node)) throw new SyntaxError("expect { or n");
  const map = node as Record<string, unknown>;
  let self = false;
  for (const key of Object.keys(map)) {
    if (key === ".") {
      self = true;
      continue;
    }
    const element = canonicalElement(key);
    if (element === undefined) continue;
    const value = own(map, key);
    if (isLeaf(value)) {
      into.members.add(element);
      continue;
    }
    const child = new FieldSet();
    if (read(value, child)) into.members.add(element);
    if (child.members.size > 0 || child.children.size > 0) into.children.set(element, child);
  }
  return self || (into.members.size === 0 && into.children.size === 0);
}

/** `{}`: the step itself and nothing below it. */
function isLeaf(node: unknown): boolean {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return false;
  for (const _ in node) return false;
  return true;
}
