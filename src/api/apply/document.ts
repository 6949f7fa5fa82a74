// A typed object as the plain JSON that ownership is reckoned by: exactly the fields an answer would show, but for managedFields.
// Invariant: a field is there if and only if the encoder would write it; raw subtrees stay in one piece; nothing is copied that nobody changes.
// Called by: track.ts, applyconfig.ts, apiserver's patches of a part (plainOf). Next on the way: compare.ts.

import { type FieldPlan, isZero, planOf } from "../machinery/codec/encode.ts";
import type { Shape } from "../machinery/facts.ts";

export type Document = Record<string, unknown>;

/** What stands for absent structs: made once per field, never changed. */
const absents = new WeakMap<FieldPlan, unknown>();

function absentValue(field: FieldPlan): unknown {
  if (!absents.has(field)) absents.set(field, JSON.parse(field.absent!));
  return absents.get(field);
}

/** A typed object in plain form, as decoding its JSON without a table would give it; only that raw subtrees stay raw. */
export function plainOf(object: object, type: string): Document {
  return messageOf(object as Document, type);
}

export function documentOf(object: object, type: string): Document {
  const document = messageOf(object as Document, type);
  const metadata = document["metadata"] as Document | undefined;
  if (metadata !== undefined) delete metadata["managedFields"];
  return document;
}

/** Two states to be compared: fields, and fields of the metadata, that are one and the same in both are left out of both. */
export function documentsOf(before: object, after: object, type: string): readonly [Document, Document] {
  const [left, right] = [before as Document, after as Document];
  const same = sameIn(left, right);
  const metadata = planOf(type).fields.find(({ name }) => name === "metadata")?.shape;
  const [a, b] = [left["metadata"], right["metadata"]] as (Document | undefined)[];
  if (metadata?.kind !== "message" || a === b || !a || !b) {
    const documents = [messageOf(left, type, same), messageOf(right, type, same)] as const;
    for (const { metadata: found } of documents) if (found !== undefined) delete (found as Document)["managedFields"];
    return documents;
  }
  const apart = (name: string): boolean => name === "metadata" || same(name);
  const sameInside = sameIn(a, b);
  const leftOut = (name: string): boolean => name === "managedFields" || sameInside(name);
  const document = (object: Document, inner: Document): Document => ({
    ...messageOf(object, type, apart),
    metadata: messageOf(inner, metadata.ref, leftOut),
  });
  return [document(left, a), document(right, b)];
}

function sameIn(left: Document, right: Document): (name: string) => boolean {
  return (name) => typeof left[name] === "object" && left[name] === right[name];
}

function messageOf(object: Document, type: string, leftOut?: (name: string) => boolean): Document {
  const out: Document = {};
  const plan = planOf(type);
  // By what is there: of a type's fields most objects have few.
  for (const name of Object.keys(object)) {
    const field = plan.byName.get(name);
    if (field === undefined || leftOut?.(name)) continue;
    const value = object[name];
    const absent = value === undefined || value === null || ((field.dropZero || field.nullIfEmpty) && isZero(value, field.shape));
    if (!absent) out[name] = valueOf(value, field.shape);
  }
  for (const field of plan.always) {
    const { name } = field;
    if (out[name] !== undefined || leftOut?.(name)) continue;
    out[name] = name === "metadata" ? {} : absentValue(field);
  }
  return out;
}

function valueOf(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case "message":
      return messageOf((value ?? {}) as Document, shape.ref);
    case "list":
      return shape.item.kind === "scalar" ? value : (value as unknown[]).map((item) => valueOf(item, shape.item));
    case "map": {
      if (shape.value.kind === "scalar") return value;
      const out: Document = {};
      for (const [key, inner] of Object.entries(value as object)) if (inner !== undefined) out[key] = valueOf(inner, shape.value);
      return out;
    }
    case "scalar":
    case "special":
      return value;
  }
}
