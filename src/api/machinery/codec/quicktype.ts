// What the quick decoders know of a type: each shape with its type at hand, each field with the text it begins with.
// Invariant: derived from the table of facts; only the guesses change, and they decide nothing.
// Called by: quick.ts (from text), fromplain.ts (from plain JSON). Next on the way: facts.ts.

import type { Shape, SpecialName, TypeInfo } from "../facts.ts";
import { typeOf } from "./decode.ts";

/** Thrown for "not for me". One for all: its stack says nothing that anybody asks for. */
export const odd = new Error("not plain");

/** A shape with its type at hand; types refer to each other in circles, so their fields are filled in when first needed. */
export type QuickShape =
  | { readonly kind: "scalar"; readonly scalar: (Shape & { kind: "scalar" })["scalar"] }
  | { readonly kind: "special"; readonly special: SpecialName }
  | { readonly kind: "message"; readonly type: QuickType }
  | { readonly kind: "list"; readonly item: QuickShape }
  | { readonly kind: "map"; readonly value: QuickShape };

export interface QuickField {
  readonly name: string;
  /** `"name":`, as canonical text has it. */
  readonly prefix: string;
  readonly shape: QuickShape;
  readonly index: number;
  /** Which field came after this one last time: a guess, never more. */
  guess: number;
}

export interface QuickType {
  readonly info: TypeInfo;
  fields: readonly QuickField[] | undefined;
  /** Which field came first last time. */
  guess: number;
}

/** A memo of the table of facts, as encode.ts has one. */
const types = new Map<string, QuickType>();

export function quickType(ref: string): QuickType {
  let type = types.get(ref);
  if (type === undefined) {
    type = { info: typeOf(ref), fields: undefined, guess: 0 };
    types.set(ref, type);
  }
  return type;
}

function quickShape(shape: Shape): QuickShape {
  switch (shape.kind) {
    case "scalar":
      return { kind: "scalar", scalar: shape.scalar };
    case "special":
      return { kind: "special", special: shape.special };
    case "message":
      return { kind: "message", type: quickType(shape.ref) };
    case "list":
      return { kind: "list", item: quickShape(shape.item) };
    case "map":
      return { kind: "map", value: quickShape(shape.value) };
  }
}

export function quickFields(type: QuickType): readonly QuickField[] {
  type.fields ??= type.info.fields.map(({ name, shape }, index) => {
    return { name, prefix: `${JSON.stringify(name)}:`, shape: quickShape(shape), index, guess: index + 1 };
  });
  return type.fields;
}
