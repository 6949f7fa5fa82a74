// One step of a path through an object: a field `f:name`, an item of a list by its keys `k:{"name":"web"}`, an item of a set `v:"x"`, a place `i:0`.
// Invariant: a step is the text that FieldsV1 holds; two steps are the same if their texts are. Keys of an item stand sorted, values in Go's JSON.
// Called by: everything in apply/. Next on the way: fieldset.ts.

import { encodeString, untypedText } from "../machinery/codec/encode.ts";
import { goQuote } from "../machinery/codec/errors.ts";

export type Element = string;

export function fieldElement(name: string): Element {
  return `f:${name}`;
}

export function valueElement(value: unknown): Element {
  return `v:${untypedText(value)}`;
}

/** `keys` in any order; what an item leaves out and nothing fills in is no part of its key. */
export function keyElement(keys: readonly (readonly [name: string, value: unknown])[]): Element {
  const sorted = keys.length < 2 ? keys : keys.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${scalarText(value)}`).join(",")}}`;
}

function scalarText(value: unknown): string {
  return typeof value === "string" ? encodeString(value) : untypedText(value);
}

/** What somebody else wrote, brought into our form; undefined for kinds of steps that nobody knows yet. Throws for what is none. */
export function canonicalElement(text: string): Element | undefined {
  if (text.length < 2) throw new SyntaxError("key must be 2 characters long:");
  if (text[1] !== ":") throw new SyntaxError(`missing colon: ${text}`);
  const content = text.slice(2);
  switch (text[0] ?? "") {
    case "f":
      return text;
    case "v":
      return valueElement(JSON.parse(content));
    case "k":
      return keyElement(Object.entries(JSON.parse(content) as object));
    case "i":
      if (!/^[+-]?\d+$/.test(content)) throw new SyntaxError(`strconv.Atoi: parsing ${goQuote(content)}: invalid syntax`);
      return `i:${Number(content)}`;
    default:
      return undefined;
  }
}

const kinds = "fkvi";

/** Upstream's order: fields, then keys, values, indices; each by what it says, not by how it is written. */
export function compareElements(a: Element, b: Element): number {
  if (a === b) return 0;
  const kind = kinds.indexOf(a[0]!) - kinds.indexOf(b[0]!);
  if (kind !== 0) return kind;
  if (a.startsWith("f")) return compareText(a, b);
  if (a.startsWith("i")) return Number(a.slice(2)) - Number(b.slice(2));
  const byText = compareNamed(a, b);
  if (byText !== undefined) return byText;
  const [left, right] = [JSON.parse(a.slice(2)) as unknown, JSON.parse(b.slice(2)) as unknown];
  return a.startsWith("v") ? compareValues(left, right) : compareKeys(Object.entries(left as object), Object.entries(right as object));
}

/** Items told apart by one and the same key, whose value is plain text: no need to take them apart. */
function compareNamed(a: Element, b: Element): number | undefined {
  const [left, right] = [plainKey.exec(a), plainKey.exec(b)];
  if (left === null || right === null || left[1] !== right[1]) return undefined;
  return compareText(left[2]!, right[2]!);
}

const plainKey = /^k:\{"([^"\\]*)":"([^"\\]*)"\}$/;

function compareKeys(a: readonly (readonly [string, unknown])[], b: readonly (readonly [string, unknown])[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [name, value] = a[index]!;
    const [otherName, otherValue] = b[index]!;
    const order = compareText(name, otherName) || compareValues(value, otherValue);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const surrogate = /[\ud800-\udfff]/;

/** Go compares bytes of UTF-8. */
function compareText(a: string, b: string): number {
  if (surrogate.test(a) || surrogate.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(value: unknown): number {
  const type = typeof value;
  return type === "number" || type === "bigint" ? 0 : type === "string" ? 1 : type === "boolean" ? 2 : 3;
}

function compareValues(a: unknown, b: unknown): number {
  const order = rank(a) - rank(b);
  if (order !== 0) return order;
  if (typeof a === "string") return compareText(a, b as string);
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

function shown(value: unknown): string {
  return typeof value === "string" ? goQuote(value) : untypedText(value);
}

/** As error texts show it: `.spec`, `[name="web"]`, `[="x"]`, `[0]`. */
export function elementText(element: Element): string {
  const content = element.slice(2);
  if (element.startsWith("f")) return `.${content}`;
  if (element.startsWith("v")) return `[=${shown(JSON.parse(content))}]`;
  if (element.startsWith("i")) return `[${content}]`;
  const keys = Object.entries(JSON.parse(content) as object).map(([name, value]) => `${name}=${shown(value)}`);
  return `[${keys.join(",")}]`;
}

export function pathText(path: readonly Element[]): string {
  return path.map(elementText).join("");
}
