// How Go prints values inside messages: %q for strings, JSON for structures.
// Invariant: the text is byte for byte what Go's fmt and encoding/json print, because clients compare and people search for it.
// Called by: fielderrors.ts, errors.ts, selectors. Next on the way: fielderrors.ts.

import { compact } from "../machinery/codec/scanner.ts";
import { RawJson } from "../machinery/raw.ts";

const escapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Go's strconv.Quote. */
export function goQuote(text: string): string {
  let out = '"';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (Object.hasOwn(escapes, character)) out += escapes[character];
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 0x7f || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) out += character;
    else out += code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return `${out}"`;
}

const html = /[<>&\u2028\u2029]/g;
const escapeHtml = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Go's json.Marshal of plain data: compact, map keys sorted by the caller's structure, `<`, `>`, `&` escaped. */
export function goJson(value: unknown): string {
  // What JavaScript would parse, round or reorder stands aside under a mark that no text can contain.
  const aside: string[] = [];
  const put = (text: string): string => `\u0000${aside.push(text) - 1}\u0000`;
  const text = JSON.stringify({ value }, function (this: Record<string, unknown>, key, item: unknown) {
    const original = this[key];
    if (original instanceof RawJson) return put(compact(original.text));
    return typeof item === "bigint" ? put(String(item)) : item;
  });
  const whole = text === "{}" ? "null" : text.slice('{"value":'.length, -1);
  return whole.replace(/"\\u0000(\d+)\\u0000"/g, (_mark, index: string) => aside[Number(index)] ?? "").replace(html, escapeHtml);
}

/** A value as a field error shows it: numbers and booleans plain, strings quoted, the rest as JSON. */
export function goValue(value: unknown): string {
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return goJson(value);
}

/** Bytes in UTF-8: what Go's len() counts. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Order by UTF-8 bytes, as Go sorts strings. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  if (Number.isNaN(x)) return -1;
  if (Number.isNaN(y)) return 1;
  // Surrogates (U+D800..U+DFFF) stand for code points above the rest of UTF-16.
  const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
  return rank(x) - rank(y);
}
