// JSON bodies in and out: bytes ↔ objects, typed by the table or untyped.
// Invariant: decodeJson∘encodeJson is the identity on everything upstream writes.
// Called by: apiserver/registry, client. Next on the way: quick.ts, decode.ts, encode.ts.

import type { ApiObject } from "../object.ts";
import { Decoder, typeOf } from "./decode.ts";
import { encodeText, untypedText } from "./encode.ts";
import { DecodeError, unexpectedEnd } from "./errors.ts";
import { decodeQuickly } from "./quick.ts";
import { Scanner, textOf } from "./scanner.ts";

export interface Decoded {
  readonly object: ApiObject;
  /** `unknown field "spec.foo"`, `duplicate field "spec.replicas"`: what fieldValidation=Strict refuses and Warn warns of. */
  readonly strictErrors: readonly string[];
}

export interface PeekedTypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Throws DecodeError. A body that leaves out kind and apiVersion gets none: the route knows them. */
export function decodeJson(bytes: Uint8Array, type: string): Decoded {
  return decodeJsonText(textOf(bytes), type);
}

export function decodeJsonText(text: string, type: string): Decoded {
  const quick = decodeQuickly(text, type);
  if (quick !== undefined) return { object: quick as unknown as ApiObject, strictErrors: [] };
  return decodeSlowly(text, type);
}

/** Whatever is odd: what it was is found out here, and said. */
export function decodeSlowly(text: string, type: string): Decoded {
  const decoder = new Decoder(text);
  checkTop(decoder.scanner, text);
  const object = orTypeMeta(text, () => decoder.top(typeOf(type)));
  return { object: object as ApiObject, strictErrors: decoder.strictErrors };
}

/** A wrong kind or apiVersion is noticed before anything else that is wrong with the values. */
function orTypeMeta<T>(text: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError && error.kind === "value") peekText(text);
    throw error;
  }
}

const typeMetaStruct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Upstream looks for kind and apiVersion before it looks at anything else, and says so in its own way. */
function checkTop(scanner: Scanner, text: string): void {
  if (Number.isNaN(scanner.peek())) throw unexpectedEnd();
  const kind = scanner.valueKind();
  if (kind === "object" || kind === "null") return;
  const whole = new Scanner(text);
  whole.skip();
  whole.end();
  throw new DecodeError("typeMeta", `json: cannot unmarshal ${kind} into Go value of type ${typeMetaStruct}`);
}

/** What kind of object a body says it is; empty text where it says nothing. Checks the whole body's syntax. */
export function peekTypeMeta(bytes: Uint8Array): PeekedTypeMeta {
  return peekText(textOf(bytes));
}

function peekText(text: string): PeekedTypeMeta {
  const scanner = new Scanner(text);
  checkTop(scanner, text);
  const found = { apiVersion: "", kind: "" };
  let error: DecodeError | undefined;
  if (scanner.valueKind() === "null") scanner.literal("null");
  else {
    scanner.at++;
    for (let first = true; ; first = false) {
      const key = scanner.key(first);
      if (key === undefined) break;
      const kind = scanner.valueKind();
      const wanted = key === "apiVersion" || key === "kind";
      if (wanted && kind === "string") found[key] = scanner.string();
      else scanner.skip();
      if (wanted && kind !== "string" && kind !== "null") {
        error ??= new DecodeError("typeMeta", `json: cannot unmarshal ${kind} into Go struct field .${key} of type string`);
      }
    }
  }
  scanner.end();
  if (error !== undefined) throw error;
  return found;
}

/** No line end behind it: whoever wants one adds it. */
export function encodeJson(object: object, type: string): Buffer {
  return Buffer.from(encodeText(object, type), "utf8");
}

/** Objects of custom resources, and what has no type: every map sorted, as upstream does. */
export function encodeUntypedJson(value: unknown): Buffer {
  return Buffer.from(untypedText(value), "utf8");
}
