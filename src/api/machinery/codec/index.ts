// The codecs: JSON, YAML and protobuf, all by the table of facts.
// Invariant: what decodes and encodes again has upstream's bytes.
// Called by: apiserver (bodies, answers), client. Next on the way: json.ts.

import type { ApiObject } from "../object.ts";

export interface Decoded {
  readonly object: ApiObject;
  /** `unknown field "spec.foo"`, `duplicate field "spec.replicas"`: what fieldValidation=Strict refuses and Warn warns of. */
  readonly strictErrors: readonly string[];
}

export function decodeJson(bytes: Uint8Array, _type: string): Decoded {
  return { object: JSON.parse(Buffer.from(bytes).toString("utf8")) as ApiObject, strictErrors: [] };
}

export function decodeUntypedJson(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString("utf8"));
}

export function encodeJson(object: object, _type: string): Buffer {
  return Buffer.from(JSON.stringify(object));
}
