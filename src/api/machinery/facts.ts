// The table of facts: every type's fields in struct order, with all that codecs, patches, apply and OpenAPI need to know of them.
// Invariant: it is read once, never written; types are compiled when first asked for, so that loading costs one JSON.parse.
// Called by: codec/*, patch/*, openapi/*. Next on the way: codec/decode.ts.

import { readFileSync } from "node:fs";
import { own } from "#lib";

export type ScalarName = "string" | "bool" | "int32" | "int64" | "double" | "bytes";
/** Types whose JSON is not an object of named fields. */
export type SpecialName =
  | "Time"
  | "MicroTime"
  | "Duration"
  | "Quantity"
  | "IntOrString"
  | "FieldsV1"
  | "RawExtension"
  | "JSON"
  | "JSONSchemaPropsOrArray"
  | "JSONSchemaPropsOrBool"
  | "JSONSchemaPropsOrStringArray";

/** `goType` is what error texts of upstream call the type: `v1.PodSpec`, `[]v1.Container`, `v1.ResourceList`. */
export type Shape =
  | { readonly kind: "scalar"; readonly scalar: ScalarName; readonly goType: string }
  | { readonly kind: "special"; readonly special: SpecialName; readonly ref: string; readonly goType: string }
  | { readonly kind: "message"; readonly ref: string; readonly goType: string }
  | { readonly kind: "list"; readonly item: Shape; readonly goType: string }
  | { readonly kind: "map"; readonly value: Shape; readonly goType: string };

export interface FieldInfo {
  /** As in JSON. */
  readonly name: string;
  /** In protobuf; 0 for kind and apiVersion, which travel in the envelope. */
  readonly number: number;
  readonly kind: Shape["kind"];
  readonly shape: Shape;
  /** The named type of the field, its items or its values, if they have one. */
  readonly ref?: string;
  /** Absent and zero differ. */
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  /** A message on the wire whose fields belong to the parent in JSON. */
  readonly inline: boolean;
  readonly required: boolean;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly format?: string;
  /** Go's names of the embedded structs on the way to this field; error texts show them. */
  readonly embedded: readonly string[];
}

export interface TypeInfo {
  readonly name: string;
  readonly goStruct: string;
  /** As in JSON: inlined messages dissolved. In struct order. */
  readonly fields: readonly FieldInfo[];
  readonly byName: ReadonlyMap<string, number>;
  /** As on the wire: inlined messages in one piece. */
  readonly wireFields: readonly FieldInfo[];
  /** Lists and maps that are always there in JSON: decoded objects have them, be it empty. */
  readonly always: readonly FieldInfo[];
  readonly kinds: readonly (readonly [group: string, version: string, kind: string])[];
  readonly mapType?: string;
  readonly unions?: readonly unknown[];
}

interface Extras {
  readonly lt?: string;
  readonly lk?: readonly string[];
  readonly mt?: string;
  readonly ps?: string;
  readonly pk?: string;
  readonly ft?: string;
  readonly rq?: 1;
  /** Go's names where they cannot be derived, from the outside in. */
  readonly gt?: readonly string[];
}
type FactField = readonly [name: string, number: number, type: string, flags: string, extras?: Extras];
interface FactType {
  readonly f: readonly FactField[];
  readonly g?: readonly (readonly [string, string, string])[];
  readonly mt?: string;
  readonly un?: readonly unknown[];
}

const scalarGoTypes: Readonly<Record<ScalarName, string>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  double: "float64",
  bytes: "[]uint8",
};

const specials: Readonly<Record<string, SpecialName>> = {
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "Time",
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "MicroTime",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Duration": "Duration",
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "FieldsV1",
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "Quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "IntOrString",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "RawExtension",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "JSON",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "JSONSchemaPropsOrArray",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "JSONSchemaPropsOrBool",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "JSONSchemaPropsOrStringArray",
};

function goName(type: string): string {
  return type.split(".").slice(-2).join(".");
}

function shapeOf(type: string, goTypes: readonly string[] | undefined, depth: number): Shape {
  const given = goTypes?.[depth];
  if (type.startsWith("[]")) {
    const item = shapeOf(type.slice(2), goTypes, depth + 1);
    return { kind: "list", item, goType: given ?? `[]${item.goType}` };
  }
  if (type.startsWith("map[string]")) {
    const value = shapeOf(type.slice(11), goTypes, depth + 1);
    return { kind: "map", value, goType: given ?? `map[string]${value.goType}` };
  }
  const scalarGoType = own(scalarGoTypes as Record<string, string>, type);
  if (scalarGoType !== undefined) return { kind: "scalar", scalar: type as ScalarName, goType: given ?? scalarGoType };
  const special = own(specials, type);
  if (special !== undefined) return { kind: "special", special, ref: type, goType: given ?? goName(type) };
  return { kind: "message", ref: type, goType: given ?? goName(type) };
}

function refOf(shape: Shape): string | undefined {
  if (shape.kind === "list") return refOf(shape.item);
  if (shape.kind === "map") return refOf(shape.value);
  return shape.kind === "scalar" ? undefined : shape.ref;
}

function fieldOf([name, number, type, flags, extras]: FactField): FieldInfo {
  const shape = shapeOf(type, extras?.gt, 0);
  const ref = refOf(shape);
  return {
    name,
    number,
    kind: shape.kind,
    shape,
    ...(ref !== undefined && { ref }),
    pointer: flags.includes("p"),
    omitEmpty: flags.includes("e"),
    inline: flags.includes("i"),
    required: extras?.rq === 1,
    ...(extras?.lt !== undefined && { listType: extras.lt }),
    ...(extras?.lk !== undefined && { listMapKeys: extras.lk }),
    ...(extras?.mt !== undefined && { mapType: extras.mt }),
    ...(extras?.ps !== undefined && { patchStrategy: extras.ps }),
    ...(extras?.pk !== undefined && { patchMergeKey: extras.pk }),
    ...(extras?.ft !== undefined && { format: extras.ft }),
    embedded: [],
  };
}

class Facts {
  readonly #types: Readonly<Record<string, FactType>>;
  readonly #byKind = new Map<string, string>();
  readonly #compiled = new Map<string, TypeInfo>();

  constructor(types: Readonly<Record<string, FactType>>) {
    this.#types = types;
    for (const [name, { g }] of Object.entries(types)) {
      for (const triple of g ?? []) this.#byKind.set(triple.join("/"), name);
    }
  }

  /** Options of requests belong to every group. */
  typeOfKind(group: string, version: string, kind: string): string | undefined {
    return this.#byKind.get(`${group}/${version}/${kind}`) ?? (/Options$|^WatchEvent$/.test(kind) ? this.#metaType(kind) : undefined);
  }

  #metaType(kind: string): string | undefined {
    const name = `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`;
    return Object.hasOwn(this.#types, name) ? name : undefined;
  }

  names(): string[] {
    return Object.keys(this.#types);
  }

  type(name: string): TypeInfo | undefined {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const fact = own(this.#types, name);
    if (fact === undefined) return undefined;
    const wireFields = fact.f.map(fieldOf);
    const fields = wireFields.flatMap((field) => this.#dissolve(field));
    const info: TypeInfo = {
      name,
      goStruct: name.slice(name.lastIndexOf(".") + 1),
      fields,
      byName: new Map(fields.map((field, index) => [field.name, index])),
      wireFields,
      always: fields.filter(({ kind, omitEmpty, pointer }) => (kind === "list" || kind === "map") && !omitEmpty && !pointer),
      kinds: fact.g ?? [],
      ...(fact.mt !== undefined && { mapType: fact.mt }),
      ...(fact.un !== undefined && { unions: fact.un }),
    };
    this.#compiled.set(name, info);
    return info;
  }

  #dissolve(field: FieldInfo): FieldInfo[] {
    if (!field.inline || field.shape.kind !== "message") return [field];
    const inner = this.type(field.shape.ref);
    const name = field.shape.ref.slice(field.shape.ref.lastIndexOf(".") + 1);
    return (inner?.fields ?? []).map((each) => ({ ...each, embedded: [name, ...each.embedded] }));
  }
}

/** Read when first needed. A memo of constants, not state: nothing ever changes it. */
let facts: Facts | undefined;

function allFacts(): Facts {
  facts ??= new Facts(JSON.parse(readFileSync(new URL("./facts.gen.json", import.meta.url), "utf8")) as Record<string, FactType>);
  return facts;
}

export function findType(type: string): TypeInfo | undefined {
  return allFacts().type(type);
}

/** The type that stands for a kind, also for those that are no resource (Status, DeleteOptions, lists). */
export function typeOfKind(group: string, version: string, kind: string): string | undefined {
  return allFacts().typeOfKind(group, version, kind);
}

/** What decoded objects always have, be it empty: whoever reads a list that may not be left out need not ask whether it is there. */
export function fillAlways(info: TypeInfo, target: Record<string, unknown>): void {
  for (const { name, kind } of info.always) {
    if (target[name] === undefined) target[name] = kind === "list" ? [] : {};
  }
}

export function typeNames(): string[] {
  return allFacts().names();
}

/** The fields of a type as JSON has them, in the order of canonical JSON; undefined if there is no such type. */
export function fieldsOf(type: string): readonly FieldInfo[] | undefined {
  return findType(type)?.fields;
}
