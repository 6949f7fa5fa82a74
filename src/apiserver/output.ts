// The answer as bytes, in the form that was negotiated: JSON from the cache as it lies there, everything else encoded from the object.
// Invariant: a stored object's JSON is never parsed to be served as JSON.
// Called by: registry/ verbs and pipeline.ts (failures). Next on the way: the socket (wire/server.ts) or an in-process reader.

import { type ApiError, type ApiObject, encodeJson, encodeProtobuf, joinApiVersion, type ResourceInfo } from "#api";
import type { HttpHeaders, HttpResponse } from "#wire";
import { plainJson, type Representation } from "./accept.ts";
import { convert } from "./convert.ts";
import { type Entry, type EntryShape, jsonPieces, objectOf, partialPieces } from "./cache/entry.ts";
import { prettyJson } from "./pretty.ts";
import { encodeTable, type IncludeObject } from "./table.ts";

export const statusType = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
export const partialType = "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata";

const contentTypes = { json: "application/json", yaml: "application/json", protobuf: "application/vnd.kubernetes.protobuf" } as const;

export function bytesResponse(status: number, bytes: Buffer, representation: Representation, headers: HttpHeaders = {}): HttpResponse {
  const body = representation.media === "json" && representation.pretty ? Buffer.concat([prettyJson(bytes), Buffer.from("\n")]) : bytes;
  return {
    status,
    headers: {
      ...headers,
      "content-type": contentTypes[representation.media],
      "cache-control": "no-cache, private",
      "content-length": String(body.length),
    },
    body,
  };
}

/** Any object whose type the table knows. YAML is JSON here; pipeline.ts turns the finished answer into YAML. */
export function encodeAs(object: object, type: string, media: Representation["media"]): Buffer {
  if (media === "protobuf") return encodeProtobuf(object, type);
  return encodeJson(object, type);
}

export function objectResponse(status: number, object: object, type: string, representation: Representation = plainJson): HttpResponse {
  return bytesResponse(status, encodeAs(object, type, representation.media), representation);
}

/** A failure has no views: a Status is a Status, in the media that was asked for. */
export function errorResponse(error: ApiError, representation: Representation = plainJson): HttpResponse {
  const bytes = encodeAs(error.status, statusType, representation.media);
  return bytesResponse(error.code, bytes, representation, error.headers);
}

export interface EntryView {
  /** As it is stored. */
  readonly shape: EntryShape;
  /** As it was asked for: another version of the same object, or the same. */
  readonly resource: ResourceInfo;
  readonly representation: Representation;
  readonly nowMs: number;
  readonly includeObject: IncludeObject;
}

export function viewedObject(view: EntryView, entry: Entry, revision = entry.revision): ApiObject {
  const object = objectOf(view.shape, entry, revision);
  return view.resource === view.shape.info ? object : convert(object, view.resource);
}

/** True when the stored JSON can go out as it is. */
export function servesStoredBytes(view: EntryView): boolean {
  return view.resource === view.shape.info && view.representation.media === "json" && view.representation.view === "object";
}

/** One stored object in the form `view` asks for. */
export function entryBytes(view: EntryView, entry: Entry, revision = entry.revision): Buffer {
  const { representation, resource, shape } = view;
  if (representation.view === "partial") {
    if (representation.media === "json") return Buffer.concat(partialPieces(shape, entry, revision));
    const metadata = objectOf(shape, entry, revision).metadata;
    const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
    return encodeAs(partial, partialType, representation.media);
  }
  if (servesStoredBytes(view)) return Buffer.concat(jsonPieces(entry, revision));
  const object = viewedObject(view, entry, revision);
  if (representation.view === "object") return encodeAs(object, resource.type, representation.media);
  return tableOf(view, [object], { resourceVersion: String(revision) });
}

/** In a watch, only the first table names its columns. */
export function tableOf(view: EntryView, objects: readonly ApiObject[], metadata: object, noHeaders = false): Buffer {
  const { resource, nowMs, includeObject } = view;
  return encodeTable({ resource, nowMs, includeObject, metadata, noHeaders }, objects);
}

export function entryResponse(status: number, view: EntryView, entry: Entry): HttpResponse {
  return bytesResponse(status, entryBytes(view, entry), view.representation);
}

/** An object that is made on the way (a scale, a review) and has no other views. */
export function freshResponse(
  status: number,
  { group, version, kind, type }: Pick<ResourceInfo, "group" | "version" | "kind" | "type">,
  object: ApiObject,
  representation: Representation,
): HttpResponse {
  return objectResponse(status, { ...object, apiVersion: joinApiVersion(group, version), kind }, type, {
    ...representation,
    view: "object",
  });
}
