// JSON without a table: objects of custom resources, patches, whatever has no type here.
// Invariant: integers beyond 2^53 that fit int64 become bigint, as upstream keeps them; duplicate fields are reported, the last one wins.
// Called by: apiserver (patches, custom resources), codec/index.ts. Next on the way: encode.ts, which writes maps sorted.

import { goQuote } from "./errors.ts";
import { maxDepth, Scanner, textOf } from "./scanner.ts";

export type UntypedJson = null | boolean | number | bigint | string | UntypedJson[] | { [key: string]: UntypedJson };

const maxUntypedDepth = maxDepth / 4;

export interface UntypedDecoded {
  readonly value: UntypedJson;
  readonly strictErrors: readonly string[];
}

export function decodeUntypedJson(bytes: Uint8Array): UntypedJson {
  return decodeUntypedJsonStrict(bytes).value;
}

export function decodeUntypedJsonStrict(bytes: Uint8Array): UntypedDecoded {
  return decodeUntypedText(textOf(bytes));
}

export function decodeUntypedText(text: string): UntypedDecoded {
  const reader = new UntypedReader(text);
  const value = reader.value("");
  reader.scanner.end();
  return { value, strictErrors: [...reader.strictErrors] };
}

class UntypedReader {
  readonly scanner: Scanner;
  readonly strictErrors = new Set<string>();
  #depth = 0;

  constructor(text: string) {
    this.scanner = new Scanner(text);
  }

  value(path: string): UntypedJson {
    const { scanner } = this;
    const kind = scanner.valueKind();
    switch (kind) {
      case "string":
        return scanner.string();
      case "number":
        return integerOrFloat(scanner.number());
      case "null":
        scanner.literal("null");
        return null;
      case "bool": {
        const value = scanner.text.charCodeAt(scanner.at) === 0x74;
        scanner.literal(value ? "true" : "false");
        return value;
      }
      case "array":
      case "object": {
        if (++this.#depth > maxUntypedDepth) throw scanner.fail("exceeded max depth");
        scanner.at++;
        const value = kind === "array" ? this.#array(path) : this.#object(path);
        this.#depth--;
        return value;
      }
    }
  }

  #array(path: string): UntypedJson[] {
    const items: UntypedJson[] = [];
    while (this.scanner.element(items.length === 0)) items.push(this.value(`${path}[${items.length}]`));
    return items;
  }

  #object(path: string): { [key: string]: UntypedJson } {
    const result: { [key: string]: UntypedJson } = {};
    for (let first = true; ; first = false) {
      const key = this.scanner.key(first);
      if (key === undefined) return result;
      const inner = path === "" ? key : `${path}.${key}`;
      if (Object.hasOwn(result, key) && this.strictErrors.size < 100) this.strictErrors.add(`duplicate field ${goQuote(inner)}`);
      result[key] = this.value(inner);
    }
  }
}

function integerOrFloat(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value) || !/^-?\d+$/.test(text)) return value;
  const big = BigInt(text);
  return BigInt.asIntN(64, big) === big ? big : value;
}
