// What a strategic merge patch asks the table of facts: how the field `key` of this type wants to be merged.
// Invariant: Go's words for a field that is not there.
// Called by: strategic.ts. Next on the way: machinery/facts.ts.

import { findType, type Shape } from "../machinery/facts.ts";

export class PatchSchemaError extends Error {
  override name = "PatchSchemaError";
}

export interface FieldMerge {
  readonly shape: Shape;
  /** `merge`, `replace` or nothing, besides retainKeys. */
  readonly strategy: string;
  readonly mergeKey: string;
}

export function lookup(shape: Shape, key: string): FieldMerge {
  if (shape.kind === "special") throw missing(shape.ref, key);
  if (shape.kind !== "message") {
    throw new PatchSchemaError(
      `merging an object in json but data type is not struct, instead is: ${shape.kind === "list" ? "slice" : "map"}`,
    );
  }
  const info = findType(shape.ref);
  const index = info?.byName.get(key);
  const field = index === undefined ? undefined : info?.fields[index];
  if (field === undefined) throw missing(shape.ref, key);
  const strategies = (field.patchStrategy ?? "").split(",").filter((strategy) => strategy !== "" && strategy !== "retainKeys");
  return { shape: field.shape, strategy: strategies[0] ?? "", mergeKey: field.patchMergeKey ?? "" };
}

function missing(ref: string, key: string): PatchSchemaError {
  return new PatchSchemaError(`unable to find api field in struct ${ref.slice(ref.lastIndexOf(".") + 1)} for the json field "${key}"`);
}

export function itemShape(shape: Shape): Shape {
  return shape.kind === "list" ? shape.item : shape;
}
