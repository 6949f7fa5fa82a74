// The v2 document in protobuf, the only form in which old kubectl accepts it (gnostic's openapi.v2.Document).
// Invariant: field numbers are gnostic's; only what openapiV2Document makes is written.
// Called by: apiserver/discovery/openapi.ts.   Next on the way: kubectl's validation and explain.

import type { Schema } from "./schema.ts";
import type { V2Document, V2Operation, V2Parameter, V2PathItem } from "./v2.ts";

type Piece = Uint8Array;

function varint(value: number): Piece {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A message, a string or bytes under `number`; nothing for undefined. */
function field(number: number, value: Piece | string | undefined): Piece[] {
  if (value === undefined) return [];
  const body = typeof value === "string" ? Buffer.from(value) : value;
  return [varint(number * 8 + 2), varint(body.byteLength), body];
}

function flag(number: number, value: boolean | undefined): Piece[] {
  return value ? [varint(number * 8), varint(1)] : [];
}

const each = <Item>(number: number, items: Iterable<Item> | undefined, encode: (item: Item) => Piece | string): Piece[] =>
  items === undefined ? [] : [...items].flatMap((item) => field(number, encode(item)));

const itself = (text: string): string => text;
const join = (...pieces: readonly Piece[][]): Piece => Buffer.concat(pieces.flat());
/** A name and a message: how gnostic writes each entry of a map. */
const named = ([name, value]: readonly [string, Piece]): Piece => join(field(1, name), field(2, value));

/** `x-…` fields travel as YAML, of which JSON is a part. */
function extensions(number: number, of: object): Piece[] {
  const entries = Object.entries(of).filter(([name]) => name.startsWith("x-"));
  return each(number, entries, ([name, value]) => named([name, join(field(2, JSON.stringify(value)))]));
}

export function encodeGnostic({ swagger, info, paths, definitions }: V2Document): Buffer {
  const pathItems = each(2, Object.entries(paths), ([path, item]) => named([path, encodePathItem(item)]));
  const schemas = each(1, Object.entries(definitions), ([name, schema]) => named([name, encodeSchema(schema)]));
  const about = join(field(1, info.title), field(2, info.version));
  return Buffer.from(join(field(1, swagger), field(2, about), field(8, join(pathItems)), field(9, join(schemas))));
}

const methodNumbers = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;

function encodePathItem(item: V2PathItem): Piece {
  const methods = Object.entries(methodNumbers).flatMap(([method, number]) => {
    const operation = item[method] as V2Operation | undefined;
    return operation ? field(number, encodeOperation(operation)) : [];
  });
  return join(methods, each(9, item["parameters"] as readonly V2Parameter[] | undefined, encodeParameter));
}

function encodeOperation(operation: V2Operation): Piece {
  const responses = Object.entries(operation.responses).map(([code, { description, schema }]): [string, Piece] => {
    const response = join(field(1, description), schema ? field(2, join(field(1, encodeSchema(schema)))) : []);
    return [code, join(field(1, response))];
  });
  return join(
    each(1, operation.tags, itself),
    field(5, operation.operationId),
    each(6, operation.produces, itself),
    each(7, operation.consumes, itself),
    each(8, operation.parameters, encodeParameter),
    field(9, join(each(1, responses, named))),
    each(10, operation.schemes, itself),
    extensions(13, operation),
  );
}

/** ParametersItem → Parameter → body, or one of the others by where it stands. */
function encodeParameter(parameter: V2Parameter): Piece {
  if (parameter.schema) {
    const body = join(
      field(2, parameter.name),
      field(3, parameter.in),
      flag(4, parameter.required),
      field(5, encodeSchema(parameter.schema)),
    );
    return join(field(1, join(field(1, body))));
  }
  const path = parameter.in === "path";
  const common = join(flag(1, parameter.required), field(2, parameter.in), field(4, parameter.name));
  const rest = path
    ? join(field(5, parameter.type), flag(19, parameter.uniqueItems))
    : join(field(6, parameter.type), flag(20, parameter.uniqueItems));
  return join(field(1, join(field(2, join(field(path ? 4 : 3, Buffer.concat([common, rest])))))));
}

function encodeSchema(schema: Schema): Piece {
  const properties = schema.properties && Object.entries(schema.properties);
  return join(
    field(1, schema.$ref),
    field(2, schema.format),
    field(4, schema.description),
    each(19, schema.required, itself),
    schema.additionalProperties ? field(21, join(field(1, encodeSchema(schema.additionalProperties)))) : [],
    schema.type === undefined ? [] : field(22, join(field(1, schema.type))),
    schema.items ? field(23, join(field(1, encodeSchema(schema.items)))) : [],
    properties ? field(25, join(each(1, properties, ([name, property]) => named([name, encodeSchema(property)])))) : [],
    extensions(31, schema),
  );
}
