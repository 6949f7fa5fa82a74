// OpenAPI v2 (Swagger): one document for everything, for kubectl before 1.27 and other old clients.
// Invariant: the same operations and types as v3; only the print differs.
// Called by: apiserver/discovery/openapi.ts.   Next on the way: gnostic.ts, the form in which kubectl asks for it.

import { groupVersions } from "../machinery/resources.ts";
import { type Operation, operationsOf, pathParameters, typesOf } from "./operations.ts";
import { closure, refPrefix, type Schema } from "./schema.ts";

export interface V2Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "body";
  readonly required?: boolean;
  readonly type?: string;
  readonly uniqueItems?: boolean;
  readonly schema?: Schema;
}

export interface V2Operation {
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly schemes: readonly string[];
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly parameters?: readonly V2Parameter[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly schema?: Schema }>>;
  readonly "x-kubernetes-action": string;
  readonly "x-kubernetes-group-version-kind": object;
}

export type V2PathItem = Readonly<Record<string, V2Operation | readonly V2Parameter[]>>;

export interface V2Document {
  readonly swagger: "2.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, V2PathItem>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

const produced = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const patched = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

export function openapiV2Document(gitVersion: string): V2Document {
  const operations = groupVersions().flatMap(({ group, version }) => operationsOf(group, version));
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: gitVersion },
    paths: pathsOf(operations),
    definitions: closure(typesOf(operations), "v2", groupVersions()),
  };
}

function pathsOf(operations: readonly Operation[]): Record<string, V2PathItem> {
  const paths: [string, V2PathItem][] = [...Map.groupBy(operations, (operation) => operation.path)].map(([path, own]) => {
    const names = pathParameters(path).map(
      (name): V2Parameter => ({ uniqueItems: true, type: "string", name, in: "path", required: true }),
    );
    return [path, { ...Object.fromEntries(own.map((operation) => [operation.method, print(operation)])), parameters: names }];
  });
  return Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function print({ method, tag, id, parameters, body, answer, action, kind }: Operation): V2Operation {
  const bodyParameter: V2Parameter[] =
    body === undefined
      ? []
      : [{ name: "body", in: "body", ...(method !== "delete" && { required: true }), schema: { $ref: refPrefix.v2 + body } }];
  const all = [...bodyParameter, ...parameters.map(({ name, type }): V2Parameter => ({ uniqueItems: true, type, name, in: "query" }))];
  const good = { description: "OK", ...(answer !== undefined && { schema: { $ref: refPrefix.v2 + answer } }) };
  return {
    consumes: method === "patch" ? patched : ["*/*"],
    produces:
      action === "list" ? [...produced, "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"] : produced,
    schemes: ["https"],
    tags: [tag],
    operationId: id,
    ...(all.length > 0 && { parameters: all }),
    responses: {
      200: good,
      ...(method === "post" || method === "put" || method === "patch" ? { 201: { ...good, description: "Created" } } : {}),
      401: { description: "Unauthorized" },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kind,
  };
}
