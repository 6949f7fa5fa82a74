// A set of paths as the text that managedFields carries, and back.
// Invariant: the text is upstream's, byte for byte: steps in order, `.` for a step that is itself in the set and has something below it.
// Called by: managers.ts. Next on the way: fieldset.ts.

import { own } from "#lib";
import { canonicalElement, compareElements } from "./element.ts";
import { FieldSet } from "./fieldset.ts";

export function fieldsText(set: FieldSet): string {
  return write(set, false);
}

function write(set: FieldSet, self: boolean): string {
  let out = self ? '{".":{}' : "{";
  const elements = [...set.members];
  for (const element of set.children.keys()) if (!set.members.has(element)) elements.push(element);
  if (elements.length > 1) elements.sort(compareElements);
  for (const element of elements) {
    const child = set.children.get(element);
    const below = child !== undefined && !child.empty;
    out += `${out.length > 1 ? "," : ""}${keyText(element)}:${below ? write(child, set.members.has(element)) : "{}"}`;
  }
  return `${out}}`;
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

/** Throws SyntaxError for a text that describes no set. Steps of unknown kinds are dropped with all below them. */
export function parseFields(text: string): FieldSet {
  const set = new FieldSet();
  read(JSON.parse(text) as unknown, set);
  return set;
}

/** True: the node itself is a member of its parent. */
function read(node: unknown, into: FieldSet): boolean {
  if (node === null) return true;
  if (typeof node !== "object" || Array.isArray(node)) throw new SyntaxError("expect { or n");
  const map = node as Record<string, unknown>;
  let self = false;
  for (const key in map) {
    if (key === ".") {
      self = true;
      continue;
    }
    const element = canonicalElement(key);
    if (element === undefined) continue;
    const child = new FieldSet();
    if (read(own(map, key), child)) into.members.add(element);
    if (child.members.size > 0 || child.children.size > 0) into.children.set(element, child);
  }
  return self || (into.members.size === 0 && into.children.size === 0);
}
