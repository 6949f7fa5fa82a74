// The discovery paths: /api, /apis, /apis/GROUP, /api/v1, /apis/GROUP/VERSION.
// Invariant: each document is made once, as bytes, when it is first asked for; the aggregated ones carry an ETag.
// Called by: the pipeline, for paths that are no resources.   Next on the way: documents.ts.

import { createHash } from "node:crypto";
import { type HttpRequest, type HttpResponse, header } from "#wire";
import type { PathHandler } from "../stages.ts";
import { aggregated, apiVersions, group, groupList, resourceList } from "./documents.ts";
import { aggregatedType, negotiateDiscovery } from "./negotiate.ts";
import { authorityOf, bytes, isRead, json, methodNotAllowed, notAcceptable, pageNotFound, pathOf, unknownVersion } from "./reply.ts";

const mediaTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

export function createDiscovery({ serverAddress }: { readonly serverAddress?: string | undefined }): PathHandler {
  const cache = new Map<string, Uint8Array>();
  const kept = (key: string, document: object): Uint8Array => {
    const known = cache.get(key);
    if (known) return known;
    const body = Buffer.from(JSON.stringify(document));
    cache.set(key, body);
    return body;
  };
  const reply = async (request: HttpRequest, path: string, document: object): Promise<HttpResponse> => {
    const form = negotiateDiscovery(header(request.headers, "accept"), path === "/api" || path === "/apis");
    if (form === undefined) return notAcceptable(mediaTypes);
    // /api differs from client to client, by the address that each used: made anew, never kept.
    if (form === "json") return path === "/api" ? json(document) : bytes(kept(path, document), "application/json");
    if (form === "yaml") {
      const { stringify } = await import("yaml");
      return bytes(Buffer.from(stringify(document, { sortMapEntries: true, aliasDuplicateObjects: false })), "application/yaml");
    }
    const core = path === "/api";
    return aggregatedReply(request, cache.get(`${path} aggregated`) ?? kept(`${path} aggregated`, aggregated(core)));
  };
  return {
    async handle(request) {
      const path = pathOf(request.target);
      const [, root, first, second, ...rest] = path.split("/");
      if ((root !== "api" && root !== "apis") || rest.length > 0) return undefined;
      if (!isRead(request.method)) return methodNotAllowed();
      if (root === "api") {
        if (first === undefined) return reply(request, path, apiVersions(serverAddress ?? authorityOf(request)));
        return first === "v1" && second === undefined ? reply(request, path, resourceList("", "v1") ?? {}) : undefined;
      }
      if (first === undefined) return reply(request, path, groupList());
      const found = group(first);
      if (!found) return pageNotFound();
      if (second === undefined) return reply(request, path, found);
      const list = resourceList(first, second);
      return list ? reply(request, path, list) : unknownVersion();
    },
  };
}

function aggregatedReply(request: HttpRequest, body: Uint8Array): HttpResponse {
  const etag = `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"`;
  const headers = { etag, vary: "Accept", "cache-control": "public" };
  if (header(request.headers, "if-none-match") === etag) return { status: 304, headers, body: undefined };
  return bytes(body, aggregatedType, 200, headers);
}
