// /openapi/v2 and /openapi/v3: made when first asked for, kept as bytes.
// Invariant: the hash in the index is the hash of the document, so that a client may keep what it has.
// Called by: paths.ts.   Next on the way: api/openapi, which makes the documents.

import { createHash } from "node:crypto";
import { encodeGnostic, openapiV2Document, openapiV3Document, openapiV3Paths } from "#api";
import { macrotask } from "#lib";
import { type HttpRequest, type HttpResponse, header } from "#wire";
import type { PathHandler } from "../stages.ts";
import { parseAccept } from "./negotiate.ts";
import { bytes, isRead, methodNotAllowed, notAcceptable, pathOf } from "./reply.ts";

interface Document {
  readonly body: Uint8Array;
  readonly hash: string;
}

const gnosticType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** Older clients still write the version of the media type with an @. */
const gnosticTypes = [gnosticType, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"];
const jsonTypes = ["application/json", "application/*", "*/*"];

export function createOpenapi(gitVersion: string): PathHandler {
  const documents = new Map<string, Document>();
  const made = (key: string, make: () => Uint8Array): Document => {
    const known = documents.get(key);
    if (known) return known;
    const body = make();
    const document = { body, hash: createHash("sha512").update(body).digest("hex").toUpperCase() };
    documents.set(key, document);
    return document;
  };
  const v3 = (path: string, group: string, version: string): Document => made(path, () => openapiV3Document(group, version));
  const index = async (): Promise<Document> => {
    const entries: [string, { serverRelativeURL: string }][] = [];
    for (const { path, group, version } of openapiV3Paths()) {
      // The hash of each document is wanted, so each is made: one a turn, that others are not kept waiting.
      if (!documents.has(path)) await macrotask();
      entries.push([path, { serverRelativeURL: `/openapi/v3/${path}?hash=${v3(path, group, version).hash}` }]);
    }
    return made("index", () =>
      Buffer.from(JSON.stringify({ paths: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) })),
    );
  };
  const v2Json = (): Document => made("v2", () => Buffer.from(JSON.stringify(openapiV2Document(gitVersion))));
  const v2Proto = (): Document => made("v2 gnostic", () => encodeGnostic(openapiV2Document(gitVersion)));

  return {
    async handle(request) {
      const path = pathOf(request.target);
      if (!path.startsWith("/openapi/")) return undefined;
      if (!isRead(request.method)) return methodNotAllowed();
      if (path === "/openapi/v2") return replyV2(request, v2Json, v2Proto);
      if (path === "/openapi/v3") return reply(request, await index(), "application/json");
      const found = openapiV3Paths().find((one) => `/openapi/v3/${one.path}` === path);
      if (!found) return { status: 404, headers: { "content-length": "0" }, body: undefined };
      return accepts(request, jsonTypes)
        ? reply(request, v3(found.path, found.group, found.version), "application/json")
        : notAcceptable(jsonTypes.slice(0, 1));
    },
  };
}

const accepts = (request: HttpRequest, types: readonly string[]): boolean =>
  parseAccept(header(request.headers, "accept")).some(({ type }) => types.includes(type));

function replyV2(request: HttpRequest, json: () => Document, proto: () => Document): HttpResponse {
  for (const { type } of parseAccept(header(request.headers, "accept"))) {
    if (gnosticTypes.includes(type)) return reply(request, proto(), gnosticType);
    if (jsonTypes.includes(type)) return reply(request, json(), "application/json");
  }
  return notAcceptable(["application/json", gnosticType]);
}

function reply(request: HttpRequest, { body, hash }: Document, type: string): HttpResponse {
  const etag = `"${hash}"`;
  const pinned = request.target.includes(`hash=${hash}`);
  const headers = { etag, vary: "Accept", "cache-control": pinned ? "public, immutable, max-age=31536000" : "no-cache, private" };
  if (header(request.headers, "if-none-match") === etag) return { status: 304, headers, body: undefined };
  return bytes(body, type, 200, headers);
}
