// JSON to a typed object by the table of facts, with Go's rules: names are case-sensitive, null leaves the zero value,
// a second mention of a message or map merges into the first, the first mistake in a value is told after the syntax is checked.
// Invariant: what comes out has only fields of the table, values in canonical form; unknown and duplicate fields are reported, not kept.
// Called by: codec/index.ts, yaml.ts. Next on the way: special.ts for values that are no plain fields; encode.ts for the way back.

import { fillAlways, findType, type FieldInfo, type Shape, type TypeInfo } from "../facts.ts";
import { DecodeError, goQuote } from "./errors.ts";
import { maxDepth, Scanner } from "./scanner.ts";
import { decodeSpecial, isRaw, zeroSpecial } from "./special.ts";
import { canonicalBase64 } from "./values.ts";

const maxStrictErrors = 100;
/** Our own stack is shorter than Go's: typed values may nest this deep, skipped ones as deep as upstream allows. */
const maxTypedDepth = maxDepth / 10;

export class Decoder {
  readonly scanner: Scanner;
  readonly strictErrors: string[] = [];
  readonly #seenStrict = new Set<string>();
  /** Where we are, for strict errors: names, keys and [indices]. */
  readonly #path: (string | number)[] = [];
  /** Where we are, for type errors: names of struct fields only. */
  readonly #fields: string[] = [];
  #struct = "";
  #depth = 0;
  /** Go remembers the first type error and goes on; an error of a value's own parser ends the decoding at once. */
  #saved: DecodeError | undefined;
  #fatal: DecodeError | undefined;

  constructor(text: string) {
    this.scanner = new Scanner(text);
  }

  /** The whole text as one value of `info`. */
  top(info: TypeInfo): Record<string, unknown> {
    const target: Record<string, unknown> = {};
    if (this.scanner.valueKind() === "null") this.scanner.literal("null");
    else this.value({ kind: "message", ref: info.name, goType: info.name.split(".").slice(-2).join(".") }, target);
    this.scanner.end();
    const error = this.#fatal ?? this.#saved;
    if (error !== undefined) throw error;
    // Every object has metadata, also one that says nothing about itself.
    if (target.metadata === undefined && info.byName.has("metadata")) target.metadata = {};
    return target;
  }

  /** `null` is not for here: what it means depends on the place. Undefined: the value did not fit. */
  value(shape: Shape, existing?: unknown): unknown {
    const { scanner } = this;
    const kind = scanner.valueKind();
    switch (shape.kind) {
      case "scalar":
        return this.#scalar(shape, kind);
      case "message":
        if (kind === "object") return this.#nested(() => this.#message(typeOf(shape.ref), (existing ?? {}) as Record<string, unknown>));
        break;
      case "map":
        if (kind === "object") return this.#nested(() => this.#map(shape, (existing ?? {}) as Record<string, unknown>));
        break;
      case "list":
        if (kind === "array") return this.#nested(() => this.#list(shape));
        break;
      case "special":
        return this.#nested(() => decodeSpecial(this, shape, kind));
    }
    this.typeError(kind, shape.goType);
    scanner.skip();
    return undefined;
  }

  typeError(value: string, goType: string): void {
    const where = this.#struct === "" ? "Go value" : `Go struct field ${this.#struct}.${this.#fields.join(".")}`;
    this.#saved ??= new DecodeError("value", `json: cannot unmarshal ${value} into ${where} of type ${goType}`);
  }

  /** Runs a value's own parser; its first complaint is the one that counts. */
  guard<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof DecodeError) || error.kind === "syntax") throw error;
      this.#fatal ??= error;
      return undefined;
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxTypedDepth) throw this.scanner.fail("exceeded max depth");
    const result = read();
    this.#depth--;
    return result;
  }

  #message(info: TypeInfo, target: Record<string, unknown>): Record<string, unknown> {
    const { scanner } = this;
    const struct = this.#struct;
    const fieldCount = this.#fields.length;
    const pathLength = this.#path.length;
    let seenLow = 0;
    let seenHigh = 0;
    scanner.at++;
    for (let first = true; ; first = false) {
      const key = scanner.key(first);
      if (key === undefined) {
        if (info.always.length > 0) fillAlways(info, target);
        return target;
      }
      const index = info.byName.get(key);
      const field = index === undefined ? undefined : info.fields[index];
      if (index === undefined || field === undefined) {
        this.#strict("unknown", key);
        scanner.skip();
        continue;
      }
      // Two words of 31 bits: no type has more than 62 fields.
      const bit = 1 << (index % 31);
      if (((index < 31 ? seenLow : seenHigh) & bit) !== 0) this.#strict("duplicate", key);
      if (index < 31) seenLow |= bit;
      else seenHigh |= bit;
      this.#struct = info.goStruct;
      for (const name of field.embedded) this.#fields.push(name);
      this.#fields.push(key);
      this.#path.push(key);
      this.#field(field, target);
      this.#struct = struct;
      this.#fields.length = fieldCount;
      this.#path.length = pathLength;
    }
  }

  #field(field: FieldInfo, target: Record<string, unknown>): void {
    const { scanner } = this;
    const { name, shape } = field;
    if (scanner.peek() === 0x6e) {
      scanner.literal("null");
      const clears =
        field.pointer || shape.kind === "list" || shape.kind === "map" || isBytes(shape) || (shape.kind === "special" && !isRaw(shape));
      if (clears) delete target[name];
      return;
    }
    const merges = (shape.kind === "message" || shape.kind === "map") && Object.hasOwn(target, name);
    const value = this.value(shape, merges ? target[name] : undefined);
    if (value !== undefined) target[name] = value;
  }

  #map(shape: Shape & { kind: "map" }, target: Record<string, unknown>): Record<string, unknown> {
    const { scanner } = this;
    const seen = new Set<string>();
    scanner.at++;
    for (let first = true; ; first = false) {
      const key = scanner.key(first);
      if (key === undefined) return target;
      if (seen.has(key)) this.#strict("duplicate", key);
      seen.add(key);
      this.#path.push(key);
      target[key] = this.#element(shape.value);
      this.#path.length--;
    }
  }

  #list(shape: Shape & { kind: "list" }): unknown[] {
    const { scanner } = this;
    const items: unknown[] = [];
    scanner.at++;
    while (scanner.element(items.length === 0)) {
      this.#path.push(items.length);
      items.push(this.#element(shape.item));
      this.#path.length--;
    }
    return items;
  }

  /** An item or a map's value: always there, if need be as zero. */
  #element(shape: Shape): unknown {
    if (this.scanner.peek() === 0x6e) {
      this.scanner.literal("null");
      return zeroOf(shape);
    }
    return this.value(shape) ?? zeroOf(shape);
  }

  #scalar(shape: Shape & { kind: "scalar" }, kind: string): unknown {
    const { scanner } = this;
    switch (shape.scalar) {
      case "string":
        if (kind === "string") return scanner.string();
        break;
      case "bytes":
        if (kind === "string") {
          const text = scanner.string();
          try {
            return canonicalBase64(text);
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
            this.#saved ??= error;
            return undefined;
          }
        }
        break;
      case "bool":
        if (kind === "bool") {
          const value = scanner.text.charCodeAt(scanner.at) === 0x74;
          scanner.literal(value ? "true" : "false");
          return value;
        }
        break;
      case "int32":
      case "int64":
      case "double":
        if (kind === "number") return this.number(shape.scalar, shape.goType);
        break;
    }
    this.typeError(kind, shape.goType);
    scanner.skip();
    return undefined;
  }

  number(type: "int32" | "int64" | "double", goType: string): number | bigint | undefined {
    const text = this.scanner.number();
    const value = Number(text);
    if (type === "double") {
      if (Number.isFinite(value)) return value;
    } else if (/^-?\d+$/.test(text)) {
      if (Number.isSafeInteger(value) && (type === "int64" || (value <= 0x7fffffff && value >= -0x80000000)))
        return value === 0 ? 0 : value;
      const big = BigInt(text);
      if (type === "int64" && BigInt.asIntN(64, big) === big) return big;
    }
    this.typeError(`number ${text}`, goType);
    return undefined;
  }

  #strict(what: "unknown" | "duplicate", key: string): void {
    if (this.strictErrors.length >= maxStrictErrors) return;
    const prefix = pathText(this.#path);
    const text = `${what} field ${goQuote(prefix === "" ? key : `${prefix}.${key}`)}`;
    if (this.#seenStrict.has(text)) return;
    this.#seenStrict.add(text);
    this.strictErrors.push(text);
  }
}

function pathText(path: readonly (string | number)[]): string {
  let out = "";
  for (const part of path) {
    if (typeof part === "number") out += `[${part}]`;
    else out += out === "" ? part : `.${part}`;
  }
  return out;
}

function isBytes(shape: Shape): boolean {
  return shape.kind === "scalar" && shape.scalar === "bytes";
}

export function typeOf(ref: string): TypeInfo {
  const info = findType(ref);
  if (info === undefined) throw new Error(`no such type in the table of facts: ${ref}`);
  return info;
}

export function zeroOf(shape: Shape): unknown {
  switch (shape.kind) {
    case "scalar":
      return shape.scalar === "string" || shape.scalar === "bytes" ? "" : shape.scalar === "bool" ? false : 0;
    case "list":
      return [];
    case "message":
    case "map":
      return {};
    case "special":
      return zeroSpecial(shape.special);
  }
}
