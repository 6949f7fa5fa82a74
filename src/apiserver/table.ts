// A Table as bytes: what kubectl prints. Rows come from the kinds; the object behind a row is encoded like any other.
// Invariant: only JSON; in a watch, only the first table names its columns.
// Called by: output.ts, registry/listbody.ts, watchline.ts. Next on the way: api's printRow.

import { type ApiObject, columnsOf, encodeJson, printRow, type ResourceInfo } from "#api";

export type IncludeObject = "Metadata" | "Object" | "None";

export interface TableInput {
  readonly resource: ResourceInfo;
  readonly nowMs: number;
  readonly includeObject: IncludeObject;
  readonly metadata: object;
  readonly noHeaders?: boolean;
}

const partialType = "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata";

/** As Go writes text: nothing that could end a script element. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function encodeTable(input: TableInput, objects: readonly ApiObject[]): Buffer {
  const { resource, metadata, noHeaders } = input;
  const columns = noHeaders
    ? null
    : columnsOf(resource).map(({ name, type, format, description, priority }) => ({ name, type, format, description, priority }));
  const head = `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${goJson(metadata)},"columnDefinitions":${goJson(columns)},"rows":[`;
  return Buffer.from(`${head}${objects.map((object) => rowText(input, object)).join(",")}]}`);
}

function rowText({ resource, nowMs, includeObject }: TableInput, object: ApiObject): string {
  const { cells, conditions } = printRow(resource, object, { nowMs, includeObject: "None" });
  const parts = [`"cells":${goJson(cells)}`];
  if (conditions !== undefined) parts.push(`"conditions":${goJson(conditions)}`);
  if (includeObject === "Object") parts.push(`"object":${encodeJson(object, resource.type).toString()}`);
  if (includeObject === "Metadata") {
    const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
    parts.push(`"object":${encodeJson(partial, partialType).toString()}`);
  }
  return `{${parts.join(",")}}`;
}
