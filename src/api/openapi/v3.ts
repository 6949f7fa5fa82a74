// OpenAPI v3: one document per group and version, and an index with the hash of each.
// Invariant: equal tables give equal bytes, so that a client may cache by hash for ever.
// Called by: apiserver/discovery/openapi.ts.   Next on the way: kubectl's explain, apply and diff.

import { groupVersions } from "../machinery/resources.ts";
import { type Operation, operationsOf, pathOfGroupVersion, pathParameters, typesOf } from "./operations.ts";
import { closure, refPrefix } from "./schema.ts";

const produced = ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];
const watched = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const patched = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** `api/v1`, `apis/apps/v1` …: the paths below /openapi/v3/. */
export function openapiV3Paths(): { path: string; group: string; version: string }[] {
  return groupVersions().map(({ group, version }) => ({ path: pathOfGroupVersion(group, version), group, version }));
}

export function openapiV3Document(group: string, version: string): Buffer {
  const operations = operationsOf(group, version);
  const document = {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "1.36" },
    paths: pathsOf(operations),
    components: {
      schemas: closure(typesOf(operations), "v3", [{ group: "", version: "v1" }, ...(group === "" ? [] : [{ group, version }])]),
      securitySchemes: { BearerToken: { type: "apiKey", name: "authorization", in: "header" } },
    },
  };
  return Buffer.from(JSON.stringify(document));
}

const schemaOf = (type: string): object => ({ schema: { $ref: refPrefix.v3 + type } });

function contentOf(mediaTypes: readonly string[], type: string | undefined): object {
  const schema = type === undefined ? { schema: { type: "string" } } : schemaOf(type);
  return { content: Object.fromEntries((type === undefined ? ["*/*"] : mediaTypes).map((mediaType) => [mediaType, schema])) };
}

function pathsOf(operations: readonly Operation[]): object {
  const paths: [string, object][] = [...Map.groupBy(operations, (operation) => operation.path)].map(([path, own]) => {
    const names = pathParameters(path).map((name) => ({ name, in: "path", required: true, schema: { type: "string", uniqueItems: true } }));
    const pretty = { name: "pretty", in: "query", schema: { type: "string", uniqueItems: true } };
    return [path, { ...Object.fromEntries(own.map((operation) => [operation.method, print(operation)])), parameters: [...names, pretty] }];
  });
  return Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function print(operation: Operation): object {
  const { tag, id, parameters, body, answer, action, kind, method } = operation;
  const bodyTypes = method === "patch" ? patched : ["*/*"];
  const answerTypes = action === "list" ? [...produced, ...watched].sort() : produced;
  const good = { description: "OK", ...contentOf(answerTypes, answer) };
  return {
    tags: [tag],
    operationId: id,
    ...(parameters.length > 0 && {
      parameters: parameters.map(({ name, type }) => ({ name, in: "query", schema: { type, uniqueItems: true } })),
    }),
    ...(body !== undefined && { requestBody: { ...contentOf(bodyTypes, body), ...(method !== "delete" && { required: true }) } }),
    responses: {
      200: good,
      ...(method === "post" || method === "put" || method === "patch" ? { 201: { ...good, description: "Created" } } : {}),
      401: { description: "Unauthorized" },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kind,
  };
}
