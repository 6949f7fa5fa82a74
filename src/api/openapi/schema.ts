// One type of the table as an OpenAPI schema, in the dialect of v2 or v3.
// Invariant: derived from the table; what upstream's published documents say about shapes, merge keys and list types, this says too.
// Called by: v2.ts, v3.ts.   Next on the way: operations.ts, which says where the types travel.

import { unreachable } from "#lib";
import { type FieldInfo, findType, type Shape, type SpecialName, type TypeInfo } from "../machinery/facts.ts";
import type { GroupVersion } from "../machinery/object.ts";
import { describeField, describeType } from "./descriptions/index.ts";

export type Dialect = "v2" | "v3";

export interface Schema {
  description?: string;
  type?: string;
  format?: string;
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  additionalProperties?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  [extension: `x-${string}`]: unknown;
}

export const refPrefix: Readonly<Record<Dialect, string>> = { v2: "#/definitions/", v3: "#/components/schemas/" };

const specialSchemas: Readonly<Record<SpecialName, Readonly<Record<Dialect, Schema>>>> = {
  Time: both({ type: "string", format: "date-time" }),
  MicroTime: both({ type: "string", format: "date-time" }),
  Duration: both({ type: "string" }),
  FieldsV1: both({ type: "object" }),
  RawExtension: both({ type: "object" }),
  JSON: both({}),
  JSONSchemaPropsOrArray: both({}),
  JSONSchemaPropsOrBool: both({}),
  JSONSchemaPropsOrStringArray: both({}),
  Quantity: { v2: { type: "string" }, v3: { oneOf: [{ type: "string" }, { type: "number" }] } },
  IntOrString: {
    v2: { type: "string", format: "int-or-string" },
    v3: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  },
};

function both(schema: Schema): Record<Dialect, Schema> {
  return { v2: schema, v3: schema };
}

/** Names of the types that a type's fields mention, special ones included. */
export function mentions(type: string): { ref: string; special?: SpecialName }[] {
  return (findType(type)?.fields ?? []).flatMap(({ shape }) => mentioned(shape));
}

function mentioned(shape: Shape): { ref: string; special?: SpecialName }[] {
  switch (shape.kind) {
    case "list":
      return mentioned(shape.item);
    case "map":
      return mentioned(shape.value);
    case "special":
      return [{ ref: shape.ref, special: shape.special }];
    case "message":
      return [{ ref: shape.ref }];
    case "scalar":
      return [];
    default:
      return unreachable(shape);
  }
}

export function specialSchema(special: SpecialName, dialect: Dialect): Schema {
  return specialSchemas[special][dialect];
}

export function typeSchema(type: string, dialect: Dialect, shared: readonly GroupVersion[] = []): Schema {
  const info = findType(type);
  if (!info) return { type: "object" };
  const fields = info.fields.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const required = info.fields.filter((field) => field.required).map((field) => field.name);
  const description = describeType(type);
  return {
    ...(description !== undefined && { description }),
    type: "object",
    ...(required.length > 0 && { required }),
    ...(fields.length > 0 && { properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(type, field, dialect)])) }),
    ...kindsOf(info, shared),
    ...(info.mapType !== undefined && { "x-kubernetes-map-type": info.mapType }),
    ...(info.unions !== undefined && { "x-kubernetes-unions": info.unions }),
  };
}

/** Kinds that every group and version has for itself. */
const sharedTypes: ReadonlySet<string> = new Set(
  ["DeleteOptions", "WatchEvent"].map((name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`),
);

function kindsOf(info: TypeInfo, shared: readonly GroupVersion[]): Schema {
  const kinds = sharedTypes.has(info.name)
    ? shared.map(({ group, version }) => ({ group, kind: info.goStruct, version }))
    : info.kinds.map(([group, version, kind]) => ({ group, kind, version }));
  return kinds.length === 0 ? {} : { "x-kubernetes-group-version-kind": kinds };
}

function fieldSchema(type: string, field: FieldInfo, dialect: Dialect): Schema {
  const description = describeField(type, field.name, field.ref);
  const extensions: Schema = {
    ...(field.listMapKeys && { "x-kubernetes-list-map-keys": [...field.listMapKeys] }),
    ...(field.listType !== undefined && { "x-kubernetes-list-type": field.listType }),
    ...(field.mapType !== undefined && { "x-kubernetes-map-type": field.mapType }),
    ...(field.patchMergeKey !== undefined && { "x-kubernetes-patch-merge-key": field.patchMergeKey }),
    ...(field.patchStrategy !== undefined && { "x-kubernetes-patch-strategy": field.patchStrategy }),
  };
  return shapeSchema(field.shape, dialect, description === undefined ? {} : { description }, extensions, field.format);
}

function shapeSchema(shape: Shape, dialect: Dialect, before: Schema = {}, after: Schema = {}, format?: string): Schema {
  switch (shape.kind) {
    case "scalar":
      return { ...before, ...scalarSchema(shape.scalar), ...(format !== undefined && { format }), ...after };
    case "list":
      return { ...before, type: "array", items: shapeSchema(shape.item, dialect), ...after };
    case "map":
      return { ...before, type: "object", additionalProperties: shapeSchema(shape.value, dialect), ...after };
    case "special":
    case "message": {
      const target = { $ref: refPrefix[dialect] + shape.ref };
      // In v3 nothing may stand beside a $ref.
      const bare = dialect === "v2" || (Object.keys(before).length === 0 && Object.keys(after).length === 0);
      return bare ? { ...before, ...target, ...after } : { ...before, allOf: [target], ...after };
    }
    default:
      return unreachable(shape);
  }
}

function scalarSchema(scalar: Extract<Shape, { kind: "scalar" }>["scalar"]): Schema {
  switch (scalar) {
    case "bool":
      return { type: "boolean" };
    case "int32":
    case "int64":
      return { type: "integer", format: scalar };
    case "double":
      return { type: "number", format: "double" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "string":
      return { type: "string" };
    default:
      return unreachable(scalar);
  }
}

/** All schemas that `roots` need, in the order of names. `shared`: the groups and versions for which shared kinds stand. */
export function closure(roots: Iterable<string>, dialect: Dialect, shared: readonly GroupVersion[]): Record<string, Schema> {
  const found = new Map<string, Schema>();
  const queue: string[] = [...roots];
  for (let type = queue.pop(); type !== undefined; type = queue.pop()) {
    if (found.has(type)) continue;
    found.set(type, typeSchema(type, dialect, shared));
    for (const { ref, special } of mentions(type)) {
      if (found.has(ref)) continue;
      if (special === undefined) queue.push(ref);
      else found.set(ref, specialSchema(special, dialect));
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
