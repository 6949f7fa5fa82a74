// One table of three: OpenAPI facts (merge keys, list types, required) joined with protobuf facts (numbers, order, pointers).
// Invariant: fields stand in struct order, which is the order of canonical JSON; every name in the result is an OpenAPI type name.
// Called by: generate.ts. Next on the way: src/api/machinery/facts.ts, which reads the result.

import goTypes from "./go-types.json" with { type: "json" };
import { isStable, type OpenApiType, type ProtobufField, type Shape, type Tables, typeName } from "./tables.ts";

/** Keys: lt listType, lk listMapKeys, mt mapType, ps patchStrategy, pk patchMergeKey, ft format, rq required,
 * gt Go's names of the type and its items where error texts show one that cannot be derived (`v1.RestartPolicy`). */
export interface FieldExtras {
  lt?: string;
  lk?: readonly string[];
  mt?: string;
  ps?: string;
  pk?: string;
  ft?: string;
  rq?: 1;
  gt?: readonly string[];
}

/** Type: a scalar's name, `[]T`, `map[string]T` or a type name; an own shape (Time, Quantity …) is an ordinary name here. */
export type FactField = [name: string, number: number, type: string, flags: string] | [string, number, string, string, FieldExtras];

export interface FactType {
  f: FactField[];
  /** [group, version, kind] if the type stands for a kind of its own. */
  g?: readonly (readonly [string, string, string])[];
  mt?: string;
  un?: readonly unknown[];
}

/** Beside the input tables, which do not carry it: names of Go types, read off the published packages of the same release. */
const goNames: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = goTypes;

const scalars = new Set(["string", "bool", "int32", "int64", "double", "bytes"]);

/** Kinds that no published document names because they are never a resource's body; the wire carries them all the same. */
const wireOnlyKinds = new Set([
  "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata",
  "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList",
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.TableOptions",
  "io.k8s.api.admission.v1.AdmissionReview",
  "io.k8s.api.apidiscovery.v2.APIGroupDiscovery",
  "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList",
  "io.k8s.api.core.v1.RangeAllocation",
  "io.k8s.api.core.v1.SerializedReference",
  "io.k8s.api.core.v1.PodStatusResult",
  "io.k8s.api.core.v1.NodeProxyOptions",
  "io.k8s.api.core.v1.PodAttachOptions",
  "io.k8s.api.core.v1.PodExecOptions",
  "io.k8s.api.core.v1.PodLogOptions",
  "io.k8s.api.core.v1.PodPortForwardOptions",
  "io.k8s.api.core.v1.PodProxyOptions",
  "io.k8s.api.core.v1.ServiceProxyOptions",
]);

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const apiextensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** Types whose JSON is not an object of named fields; the codecs know each of them by name. */
export const ownShapes: ReadonlyMap<string, string> = new Map([
  [`${meta}.Time`, "string"],
  [`${meta}.MicroTime`, "string"],
  [`${meta}.Duration`, "string"],
  [`${meta}.FieldsV1`, "RawJson"],
  ["io.k8s.apimachinery.pkg.api.resource.Quantity", "string"],
  ["io.k8s.apimachinery.pkg.util.intstr.IntOrString", "number | string"],
  ["io.k8s.apimachinery.pkg.runtime.RawExtension", "RawJson"],
  [`${apiextensions}.JSON`, "RawJson"],
  [`${apiextensions}.JSONSchemaPropsOrArray`, "JSONSchemaProps | JSONSchemaProps[]"],
  [`${apiextensions}.JSONSchemaPropsOrBool`, "JSONSchemaProps | boolean"],
  [`${apiextensions}.JSONSchemaPropsOrStringArray`, "JSONSchemaProps | string[]"],
]);

const metaGroups: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.apis.meta.v1": "meta.k8s.io",
  "io.k8s.api.admission.v1": "admission.k8s.io",
  "io.k8s.api.apidiscovery.v2": "apidiscovery.k8s.io",
  "io.k8s.api.core.v1": "",
};

function qualify(type: string, protobufPackage: string): string {
  if (type.startsWith("[]")) return `[]${qualify(type.slice(2), protobufPackage)}`;
  if (type.startsWith("map[string]")) return `map[string]${qualify(type.slice(11), protobufPackage)}`;
  if (scalars.has(type)) return type;
  const dot = type.lastIndexOf(".");
  return dot < 0 ? typeName(protobufPackage, type) : typeName(type.slice(0, dot), type.slice(dot + 1));
}

function extrasOf(shape: Shape | undefined, required: boolean): FieldExtras {
  const inner = shape?.list ?? shape?.map ?? shape;
  return {
    ...(shape?.listType !== undefined && { lt: shape.listType }),
    ...(shape?.listMapKeys !== undefined && { lk: shape.listMapKeys }),
    ...(shape?.mapType !== undefined && { mt: shape.mapType }),
    ...(shape?.patchStrategy !== undefined && { ps: shape.patchStrategy }),
    ...(shape?.patchMergeKey !== undefined && { pk: shape.patchMergeKey }),
    ...(inner?.format !== undefined && !/^(int32|int64|double|byte)$/.test(inner.format) && { ft: inner.format }),
    ...(required && { rq: 1 as const }),
  };
}

/** OpenAPI has no name for some types that only stand inlined in another: their fields are described at that other one. */
function describedAt(tables: Tables): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>();
  for (const [protobufPackage, messages] of Object.entries(tables.protobuf)) {
    for (const [message, fields] of Object.entries(messages)) {
      for (const [, , type, flags] of fields) {
        const inlined = qualify(type, protobufPackage);
        if (flags.includes("i") && tables.types[inlined] === undefined) hosts.set(inlined, typeName(protobufPackage, message));
      }
    }
  }
  return hosts;
}

/** The description of a type's fields; through more than one host where inlined types inline others. */
function describe(tables: Tables, hosts: ReadonlyMap<string, string>, name: string): Pick<OpenApiType, "fields" | "required"> {
  let at: string | undefined = name;
  while (at !== undefined && tables.types[at] === undefined) at = hosts.get(at);
  return (at === undefined ? undefined : tables.types[at]) ?? {};
}

function mergeType(
  tables: Tables,
  hosts: ReadonlyMap<string, string>,
  name: string,
  protobufPackage: string,
  fields: readonly ProtobufField[],
): FactType {
  const openApi = tables.types[name];
  const described = describe(tables, hosts, name);
  const shapes = openApi?.fields ?? {};
  const named = new Set(fields.map((field) => field[1]));
  const merged: FactField[] = [];
  // A type that says apiVersion and kind in JSON but not on the wire has an inlined TypeMeta, always in first place.
  if ((shapes.kind !== undefined && !named.has("kind")) || wireOnlyKinds.has(name)) {
    merged.push(["kind", 0, "string", "e"], ["apiVersion", 0, "string", "e"]);
  }
  for (const [number, field, type, flags] of fields) {
    const shape = described.fields && Object.hasOwn(described.fields, field) ? described.fields[field] : undefined;
    const extras = extrasOf(shape, described.required?.includes(field) ?? false);
    const go = goNames[name]?.[field];
    if (go !== undefined) extras.gt = go;
    const entry: FactField = [field, number, qualify(type, protobufPackage), flags];
    merged.push(Object.keys(extras).length > 0 ? [entry[0], entry[1], entry[2], entry[3], extras] : entry);
  }
  const result: FactType = { f: merged };
  const group = metaGroups[name.slice(0, name.lastIndexOf("."))];
  if (typeof openApi?.gvk === "string") {
    // DeleteOptions and WatchEvent belong to every group there is.
    result.g = [["", "v1", name.slice(name.lastIndexOf(".") + 1)]];
  } else if (openApi?.gvk !== undefined) {
    result.g = openApi.gvk;
  } else if (wireOnlyKinds.has(name) && group !== undefined) {
    const parts = name.split(".");
    result.g = [[group, parts.at(-2) ?? "", parts.at(-1) ?? ""]];
  }
  if (openApi?.mapType !== undefined) result.mt = openApi.mapType;
  if (openApi?.unions !== undefined) result.un = openApi.unions;
  return result;
}

export function mergeFacts(input: Tables): Record<string, FactType> {
  const result: [string, FactType][] = [];
  const hosts = describedAt(input);
  for (const [protobufPackage, messages] of Object.entries(input.protobuf)) {
    if (!isStable(protobufPackage)) continue;
    for (const [message, fields] of Object.entries(messages)) {
      const name = typeName(protobufPackage, message);
      if (ownShapes.has(name)) continue;
      result.push([name, mergeType(input, hosts, name, protobufPackage, fields)]);
    }
  }
  result.push(...Object.entries(tables));
  result.sort(([a], [b]) => (a < b ? -1 : 1));
  return withEmptyMessages(Object.fromEntries(result));
}

const raw = "io.k8s.apimachinery.pkg.runtime.RawExtension";

/** Tables have no protobuf and so stand in no input; their JSON has an order all the same. Cells are any scalar. */
const tables: Readonly<Record<string, FactType>> = {
  [`${meta}.Table`]: {
    f: [
      ["kind", 0, "string", "e"],
      ["apiVersion", 0, "string", "e"],
      ["metadata", 0, `${meta}.ListMeta`, "e"],
      ["columnDefinitions", 0, `[]${meta}.TableColumnDefinition`, ""],
      ["rows", 0, `[]${meta}.TableRow`, ""],
    ],
    g: [["meta.k8s.io", "v1", "Table"]],
  },
  [`${meta}.TableColumnDefinition`]: {
    f: [
      ["name", 0, "string", ""],
      ["type", 0, "string", ""],
      ["format", 0, "string", ""],
      ["description", 0, "string", ""],
      ["priority", 0, "int32", ""],
    ],
  },
  [`${meta}.TableRow`]: {
    f: [
      ["cells", 0, `[]${raw}`, ""],
      ["conditions", 0, `[]${meta}.TableRowCondition`, "e"],
      ["object", 0, raw, "e"],
    ],
  },
  [`${meta}.TableRowCondition`]: {
    f: [
      ["type", 0, "string", ""],
      ["status", 0, "string", ""],
      ["reason", 0, "string", "e"],
      ["message", 0, "string", "e"],
    ],
  },
};

/** A message without fields is missing from the input (CustomResourceSubresourceStatus); whoever refers to it wants to find it. */
function withEmptyMessages(types: Record<string, FactType>): Record<string, FactType> {
  for (const { f } of Object.values(types)) {
    for (const [, , type] of f) {
      const name = type.replace(/^(\[\]|map\[string\])*/, "");
      if (name.includes(".") && types[name] === undefined && !ownShapes.has(name)) types[name] = { f: [] };
    }
  }
  return types;
}
