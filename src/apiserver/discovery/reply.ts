// Small answers: JSON, text, and "not this method".
// Invariant: no state; a body is bytes by the time it leaves.
// Called by: every PathHandler of this folder.   Next on the way: the pipeline adds its own headers.

import { type HttpRequest, type HttpResponse, header } from "#wire";

const uncached = { "cache-control": "no-cache, private" };

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): HttpResponse {
  return bytes(Buffer.from(JSON.stringify(value)), "application/json", status, headers);
}

export function bytes(body: Uint8Array, contentType: string, status = 200, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers: { ...uncached, "content-type": contentType, "content-length": String(body.byteLength), ...headers }, body };
}

export function text(value: string, status = 200): HttpResponse {
  return bytes(Buffer.from(value), "text/plain; charset=utf-8", status, { "x-content-type-options": "nosniff" });
}

export function pageNotFound(): HttpResponse {
  return text("404 page not found\n", 404);
}

function failure(code: number, reason: string, message: string): HttpResponse {
  return json({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details: {}, code }, code);
}

export function methodNotAllowed(): HttpResponse {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

export function unknownVersion(): HttpResponse {
  return failure(404, "NotFound", "the server could not find the requested resource");
}

export function notAcceptable(types: readonly string[]): HttpResponse {
  return failure(406, "NotAcceptable", `only the following media types are accepted: ${types.join(", ")}`);
}

export const isRead = (method: string): boolean => method === "GET" || method === "HEAD";

/** Path of a target, without its query and without a slash at the end. */
export function pathOf(target: string): string {
  const [path = "/"] = target.split("?", 1);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** Host and port by which this client found the server. */
export function authorityOf(request: HttpRequest): string {
  return header(request.headers, ":authority") ?? header(request.headers, "host") ?? "localhost";
}
