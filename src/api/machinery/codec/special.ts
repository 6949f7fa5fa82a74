// JSON of the types that are no plain structs: times, quantities, int-or-string, raw JSON, the three unions of a CRD's schema.
// Invariant: each reads exactly one value; raw JSON keeps its bytes; white space between tokens goes when it is written.
// Called by: decode.ts. Next on the way: values.ts, quantity.ts.

import type { Shape, SpecialName } from "../facts.ts";
import { RawJson } from "../raw.ts";
import type { Decoder } from "./decode.ts";
import { DecodeError } from "./errors.ts";
import { canonicalQuantity } from "./quantity.ts";
import { canonicalMicroTime, canonicalTime, formatDuration, parseDuration } from "./values.ts";

type SpecialShape = Shape & { kind: "special" };

const schema = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
const schemaShape: Shape = { kind: "message", ref: schema, goType: "v1.JSONSchemaProps" };
const schemaList: Shape = { kind: "list", item: schemaShape, goType: "[]v1.JSONSchemaProps" };
const stringList: Shape = { kind: "list", item: { kind: "scalar", scalar: "string", goType: "string" }, goType: "[]string" };

export function isRaw(shape: SpecialShape): boolean {
  return shape.special === "RawExtension" || shape.special === "FieldsV1" || shape.special === "JSON";
}

export function zeroSpecial(special: SpecialName): unknown {
  switch (special) {
    case "Quantity":
    case "Duration":
      return special === "Quantity" ? "0" : "0s";
    case "IntOrString":
      return 0;
    case "RawExtension":
    case "FieldsV1":
    case "JSON":
    case "Time":
    case "MicroTime":
    case "JSONSchemaPropsOrArray":
    case "JSONSchemaPropsOrStringArray":
      return new RawJson("null");
    case "JSONSchemaPropsOrBool":
      return false;
  }
}

function raw(decoder: Decoder): string {
  const { scanner } = decoder;
  const start = scanner.at;
  scanner.skip();
  return scanner.text.slice(start, scanner.at);
}

/** Go's own decoder reads the text of a time, and complains as it does. */
function text(decoder: Decoder, kind: string, canonical: (value: string) => string): string | undefined {
  if (kind === "string") {
    const value = decoder.scanner.string();
    return decoder.guard(() => canonical(value));
  }
  decoder.typeError(kind, "string");
  decoder.scanner.skip();
  return undefined;
}

export function decodeSpecial(decoder: Decoder, shape: SpecialShape, kind: string): unknown {
  switch (shape.special) {
    case "Time":
      return text(decoder, kind, canonicalTime);
    case "MicroTime":
      return text(decoder, kind, canonicalMicroTime);
    case "Duration":
      return text(decoder, kind, (value) => formatDuration(parseDuration(value)));
    case "Quantity":
      return quantity(decoder, kind);
    case "IntOrString":
      if (kind === "string") return decoder.scanner.string();
      if (kind === "number") return decoder.number("int32", "int32");
      decoder.typeError(kind, "int32");
      decoder.scanner.skip();
      return undefined;
    case "FieldsV1":
    case "RawExtension":
    case "JSON":
      return new RawJson(raw(decoder));
    case "JSONSchemaPropsOrArray":
      if (kind === "array") return decoder.value(schemaList);
      return schemaOr(decoder, kind);
    case "JSONSchemaPropsOrStringArray":
      if (kind === "array") return decoder.value(stringList);
      return schemaOr(decoder, kind);
    case "JSONSchemaPropsOrBool":
      return schemaOrBool(decoder, kind);
  }
}

/** Also a bare number is a quantity; anything else is measured against the same grammar. */
function quantity(decoder: Decoder, kind: string): string | undefined {
  const inner = raw(decoder);
  const value = kind === "string" ? inner.slice(1, -1) : inner;
  return decoder.guard(() => canonicalQuantity(value.trim()));
}

function schemaOr(decoder: Decoder, kind: string): unknown {
  if (kind === "object") return decoder.value(schemaShape);
  decoder.scanner.skip();
  return undefined;
}

function schemaOrBool(decoder: Decoder, kind: string): unknown {
  if (kind === "object") return decoder.value(schemaShape);
  const value = raw(decoder);
  if (kind === "bool") return value === "true";
  return decoder.guard(() => {
    throw new DecodeError("value", "boolean or JSON schema expected");
  });
}
