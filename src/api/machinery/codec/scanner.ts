// Reads JSON token by token, with Go's grammar and Go's words for what is wrong.
// Invariant: after each method `at` stands behind what was read; every byte is checked once, also of values that are skipped.
// Called by: decode.ts, untyped.ts. Next on the way: decode.ts, which knows the types.

import { isUtf8 } from "node:buffer";
import { type DecodeError, invalidCharacter, unexpectedEnd } from "./errors.ts";

export const maxDepth = 10000;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

/** Go puts U+FFFD for each byte that is no UTF-8, where the decoder of the platform puts one for several. */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  let out = "";
  for (let at = 0; at < buffer.length; ) {
    const first = buffer[at] ?? 0;
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const piece = buffer.subarray(at, at + size);
    const whole = piece.length === size && isUtf8(piece);
    out += whole ? piece.toString("utf8") : "\ufffd";
    at += whole ? size : 1;
  }
  return out;
}

export class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Skips white space and returns the code of the character there; NaN at the end. */
  peek(): number {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.at++;
    }
  }

  fail(where: string): DecodeError {
    if (this.at < this.text.length) return invalidCharacter(this.text, this.at, where);
    // At the end Go tries one more space: only in the middle of a token is that wrong by itself.
    const midToken = /^(in (literal|numeric|string escape|\\u)|after decimal|in exponent)/.test(where);
    return midToken ? invalidCharacter(" ", 0, where) : unexpectedEnd();
  }

  /** Behind the top-level value only white space may follow. */
  end(): void {
    if (!Number.isNaN(this.peek())) throw this.fail("after top-level value");
  }

  /** Reads `"key":` inside an object; undefined at the closing brace. Stands behind `{` or behind a value. */
  key(first: boolean): string | undefined {
    let code = this.peek();
    if (code === closeBrace) {
      this.at++;
      return undefined;
    }
    if (!first) {
      if (code !== comma) throw this.fail("after object key:value pair");
      this.at++;
      code = this.peek();
    }
    if (code !== quote) throw this.fail("looking for beginning of object key string");
    const key = this.string();
    if (this.peek() !== colon) throw this.fail("after object key");
    this.at++;
    return key;
  }

  /** True if another element follows in an array; false at the closing bracket, which is read. */
  element(first: boolean): boolean {
    const code = this.peek();
    if (code === closeBracket) {
      this.at++;
      return false;
    }
    if (first) return true;
    if (code !== comma) throw this.fail("after array element");
    this.at++;
    return true;
  }

  /** A string; stands on its opening quote. */
  string(): string {
    const { text } = this;
    const start = this.at + 1;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.at = at + 1;
        return text.slice(start, at);
      }
      if (code === backslash) break;
      if (!(code >= 0x20)) {
        this.at = at;
        throw this.fail("in string literal");
      }
      at++;
    }
    this.skipString();
    return unescape(text.slice(start, this.at - 1));
  }

  skipString(): void {
    const { text } = this;
    let at = this.at + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote) break;
      if (code === backslash) at = this.#escape(at + 1);
      else if (code >= 0x20) at++;
      else {
        this.at = at;
        throw this.fail("in string literal");
      }
    }
    this.at = at + 1;
  }

  #escape(at: number): number {
    const { text } = this;
    const code = text.charCodeAt(at);
    if (code === 0x75) {
      for (let digit = at + 1; digit < at + 5; digit++) {
        if (!isHex(text.charCodeAt(digit))) {
          this.at = digit;
          throw this.fail("in \\u hexadecimal character escape");
        }
      }
      return at + 5;
    }
    if (!'"\\/bfnrt'.includes(text.charAt(at)) || Number.isNaN(code)) {
      this.at = at;
      throw this.fail("in string escape code");
    }
    return at + 1;
  }

  /** A number's text; stands on its first character. */
  number(): string {
    const { text } = this;
    const start = this.at;
    let code = text.charCodeAt(this.at);
    if (code === 0x2d) code = text.charCodeAt(++this.at);
    if (code === 0x30) code = text.charCodeAt(++this.at);
    else code = this.#digits("in numeric literal");
    if (code === 0x2e) {
      this.at++;
      code = this.#digits("after decimal point in numeric literal");
    }
    if (code === 0x65 || code === 0x45) {
      code = text.charCodeAt(++this.at);
      if (code === 0x2b || code === 0x2d) this.at++;
      this.#digits("in exponent of numeric literal");
    }
    return text.slice(start, this.at);
  }

  #digits(where: string): number {
    const { text } = this;
    let code = text.charCodeAt(this.at);
    if (!isDigit(code)) throw this.fail(where);
    do code = text.charCodeAt(++this.at);
    while (isDigit(code));
    return code;
  }

  /** `true`, `false` or `null`; stands on the first letter. */
  literal(word: "true" | "false" | "null"): void {
    for (let index = 1; index < word.length; index++) {
      this.at++;
      if (this.text.charAt(this.at) !== word.charAt(index)) {
        throw this.fail(`in literal ${word} (expecting '${word.charAt(index)}')`);
      }
    }
    this.at++;
  }

  /** What begins here, in Go's words; throws if no value does. */
  valueKind(): "object" | "array" | "string" | "bool" | "null" | "number" {
    const code = this.peek();
    if (code === quote) return "string";
    if (code === openBrace) return "object";
    if (code === openBracket) return "array";
    if (code === 0x74 || code === 0x66) return "bool";
    if (code === 0x6e) return "null";
    if (code === 0x2d || isDigit(code)) return "number";
    throw this.fail("looking for beginning of value");
  }

  /** Any value, checked and left. Not recursive: ten thousand levels are allowed. */
  skip(): void {
    const open: number[] = [];
    let fresh = true;
    for (;;) {
      const inside = open.at(-1);
      const more = inside === undefined ? fresh : inside === openBrace ? this.key(fresh) !== undefined : this.element(fresh);
      if (inside === undefined && !more) return;
      fresh = false;
      if (!more) {
        open.pop();
        continue;
      }
      const kind = this.valueKind();
      if (kind === "object" || kind === "array") {
        if (open.length >= maxDepth) throw this.fail("exceeded max depth");
        open.push(this.text.charCodeAt(this.at));
        this.at++;
        fresh = true;
      } else this.scalar(kind);
    }
  }

  scalar(kind: "string" | "bool" | "null" | "number"): void {
    if (kind === "string") this.skipString();
    else if (kind === "number") this.number();
    else if (kind === "null") this.literal("null");
    else this.literal(this.text.charCodeAt(this.at) === 0x74 ? "true" : "false");
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}

/** Of a string that was checked. A lone surrogate becomes U+FFFD: Go's strings are UTF-8 and cannot hold it. */
function unescape(inner: string): string {
  return (JSON.parse(`"${inner}"`) as string).toWellFormed();
}

/** The same JSON without white space between tokens. */
export function compact(text: string): string {
  if (!/[ \n\r\t]/.test(text)) return text;
  return text.replace(/("(?:[^"\\]|\\.)*")|[ \n\r\t]+/g, (_, kept: string | undefined) => kept ?? "");
}
