// The quick way from JSON to a typed object, for text in which nothing is odd: no unknown or repeated field, no value that does not fit.
// Invariant: what it returns is what decode.ts returns; whatever it is not sure of it leaves to decode.ts, which knows the words for it.
// Called by: json.ts, before decode.ts. It keeps no path and no error, and guesses each key from the one that followed last time.

import { fillAlways, type Shape, type SpecialName } from "../facts.ts";
import { RawJson } from "../raw.ts";
import { DecodeError } from "./errors.ts";
import { canonicalQuantity } from "./quantity.ts";
import { odd, type QuickField, quickFields, type QuickShape, type QuickType, quickType } from "./quicktype.ts";
import { Scanner } from "./scanner.ts";
import { canonicalBase64, canonicalMicroTime, canonicalTime } from "./values.ts";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const letterN = 0x6e;
/** Deeper things are decode.ts's, which counts as upstream does. */
const maxQuickDepth = 64;
const maxQuickDigits = 15;

/** Undefined: decode it the long way. */
export function decodeQuickly(text: string, ref: string): Record<string, unknown> | undefined {
  const reader = new QuickReader(text);
  try {
    return reader.top(quickType(ref));
  } catch (error) {
    if (error === odd || error instanceof DecodeError) return undefined;
    throw error;
  }
}

class QuickReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  top(type: QuickType): Record<string, unknown> {
    if (this.#peek() !== openBrace) throw odd;
    const target = this.#message(type);
    if (!Number.isNaN(this.#peek())) throw odd;
    if (target["metadata"] === undefined && type.info.byName.has("metadata")) target["metadata"] = {};
    return target;
  }

  #peek(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code > 0x20 || (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09)) return code;
      this.#at++;
    }
  }

  #value(shape: QuickShape): unknown {
    const code = this.#peek();
    switch (shape.kind) {
      case "scalar":
        return this.#scalar(shape.scalar, code);
      case "message":
        if (code !== openBrace) throw odd;
        return this.#message(shape.type);
      case "list":
        if (code !== openBracket) throw odd;
        return this.#list(shape.item);
      case "map":
        if (code !== openBrace) throw odd;
        return this.#map(shape.value);
      case "special":
        return this.#special(shape.special, code);
    }
  }

  #message(type: QuickType): Record<string, unknown> {
    const fields = type.fields ?? quickFields(type);
    const target: Record<string, unknown> = {};
    if (++this.#depth > maxQuickDepth) throw odd;
    let seenLow = 0;
    let seenHigh = 0;
    this.#at++;
    let before: { guess: number } = type;
    for (let code = this.#peek(); code !== closeBrace; code = this.#peek()) {
      if (before !== type) {
        if (code !== comma) throw odd;
        this.#at++;
      }
      const field = this.#field(type, fields, before.guess);
      const { index } = field;
      before.guess = index;
      before = field;
      const bit = 1 << (index % 31);
      if (((index < 31 ? seenLow : seenHigh) & bit) !== 0) throw odd;
      if (index < 31) seenLow |= bit;
      else seenHigh |= bit;
      // null is as good as nothing for a field that has no value yet; only raw JSON is null itself.
      if (this.#peek() === letterN) this.#null(field.shape);
      else target[field.name] = this.#value(field.shape);
    }
    this.#at++;
    this.#depth--;
    if (type.info.always.length > 0) fillAlways(type.info, target);
    return target;
  }

  #field(type: QuickType, fields: readonly QuickField[], guess: number): QuickField {
    const guessed = fields[guess];
    if (guessed !== undefined && this.#text.startsWith(guessed.prefix, this.#at)) {
      this.#at += guessed.prefix.length;
      return guessed;
    }
    if (this.#peek() !== quote) throw odd;
    const index = type.info.byName.get(this.#string());
    if (index === undefined || this.#peek() !== 0x3a) throw odd;
    this.#at++;
    return fields[index]!;
  }

  #null(shape: QuickShape): void {
    if (!this.#text.startsWith("null", this.#at)) throw odd;
    if (shape.kind === "special" && shape.special !== "Time" && shape.special !== "MicroTime") throw odd;
    this.#at += 4;
  }

  #list(item: QuickShape): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    for (let code = this.#peek(); code !== closeBracket; code = this.#peek()) {
      if (items.length > 0) {
        if (code !== comma) throw odd;
        this.#at++;
      }
      items.push(this.#value(item));
    }
    this.#at++;
    return items;
  }

  #map(value: QuickShape): Record<string, unknown> {
    const target: Record<string, unknown> = {};
    this.#at++;
    for (let first = true, code = this.#peek(); code !== closeBrace; first = false, code = this.#peek()) {
      if (!first) {
        if (code !== comma) throw odd;
        this.#at++;
        code = this.#peek();
      }
      if (code !== quote) throw odd;
      const key = this.#string();
      if (Object.hasOwn(target, key) || this.#peek() !== 0x3a) throw odd;
      this.#at++;
      target[key] = this.#value(value);
    }
    this.#at++;
    return target;
  }

  /** Stands on the opening quote. Escapes are left to decode.ts's scanner: it checks them. */
  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote) break;
      if (code === backslash) return this.#escaped();
      if (!(code >= 0x20)) throw odd;
      at++;
    }
    this.#at = at + 1;
    return text.slice(start, at);
  }

  #escaped(): string {
    const scanner = new Scanner(this.#text);
    scanner.at = this.#at;
    const value = scanner.string();
    this.#at = scanner.at;
    return value;
  }

  #scalar(scalar: (Shape & { kind: "scalar" })["scalar"], code: number): unknown {
    switch (scalar) {
      case "string":
        if (code !== quote) throw odd;
        return this.#string();
      case "bytes":
        if (code !== quote) throw odd;
        return canonicalBase64(this.#string());
      case "bool":
        if (this.#text.startsWith("true", this.#at)) {
          this.#at += 4;
          return true;
        }
        if (!this.#text.startsWith("false", this.#at)) throw odd;
        this.#at += 5;
        return false;
      case "int32":
      case "int64":
        return this.#integer(scalar);
      case "double":
        throw odd;
    }
  }

  #integer(type: "int32" | "int64"): number {
    const text = this.#text;
    const negative = text.charCodeAt(this.#at) === 0x2d;
    const start = negative ? this.#at + 1 : this.#at;
    let at = start;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(++at)) value = value * 10 + (code - 0x30);
    const digits = at - start;
    const code = text.charCodeAt(at);
    const fraction = code === 0x2e || code === 0x65 || code === 0x45;
    if (fraction || digits === 0 || digits > maxQuickDigits || (digits > 1 && text.charCodeAt(start) === 0x30)) throw odd;
    if (negative) value = value === 0 ? 0 : -value;
    if (type === "int32" && (value > 0x7fffffff || value < -0x80000000)) throw odd;
    this.#at = at;
    return value;
  }

  #special(special: SpecialName, code: number): unknown {
    switch (special) {
      case "Time":
        if (code !== quote) throw odd;
        return canonicalTime(this.#string());
      case "MicroTime":
        if (code !== quote) throw odd;
        return canonicalMicroTime(this.#string());
      case "Quantity":
        if (code !== quote) throw odd;
        return this.#quantity();
      case "IntOrString":
        return code === quote ? this.#string() : this.#integer("int32");
      case "FieldsV1":
      case "RawExtension":
      case "JSON":
        return new RawJson(this.#raw());
      case "Duration":
      case "JSONSchemaPropsOrArray":
      case "JSONSchemaPropsOrBool":
      case "JSONSchemaPropsOrStringArray":
        throw odd;
    }
  }

  /** Upstream reads what stands between the quotes as it stands there, escapes and all. */
  #quantity(): string {
    const start = this.#at + 1;
    const value = this.#string();
    if (this.#at - 1 - start !== value.length) throw odd;
    return canonicalQuantity(value.trim());
  }

  #raw(): string {
    const scanner = new Scanner(this.#text);
    const start = this.#at;
    scanner.at = start;
    scanner.skip();
    this.#at = scanner.at;
    return this.#text.slice(start, this.#at);
  }
}
