// What of a request goes on to the other end of a proxy, and what of its answer comes back.
// Invariant: credentials and whatever belongs to one connection alone stay here; a place on the same host is named as the caller can reach it.
// Called by: proxy.ts. Next on the way: proxy.ts, which carries both.

import { header, type HttpHeaders } from "#wire";

/** Of one connection, not of the request. */
const hopByHop: readonly string[] = [
  "connection",
  "proxy-connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

type Plain = Record<string, HttpHeaders[string]>;

function withoutHops(headers: HttpHeaders): Plain {
  const named = (header(headers, "connection") ?? "").split(",").map((word) => word.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name) && !name.startsWith(":")));
}

const isCredential = (name: string): boolean => name === "authorization" || name.startsWith("impersonate-");

export interface Passed {
  readonly headers: HttpHeaders;
  /** Address of the caller. */
  readonly peer: string;
  /** The path that was asked for, decoded, with what leads to the proxy. */
  readonly path: string;
}

export function requestHeaders({ headers, peer, path }: Passed): HttpHeaders {
  const passed: Plain = {};
  for (const [name, value] of Object.entries(withoutHops(headers))) if (!isCredential(name)) passed[name] = value;
  const before = header(headers, "x-forwarded-for");
  passed["x-forwarded-for"] = before === undefined ? peer : `${before}, ${peer}`;
  passed["x-forwarded-uri"] = escapePath(path);
  const host = header(headers, "host") ?? header(headers, ":authority");
  if (host !== undefined) passed["host"] = host;
  return passed;
}

/** As requestHeaders, with what asks for another protocol. */
export function upgradeHeaders(passed: Passed): HttpHeaders {
  const { headers } = passed;
  const { host: _, ...rest } = requestHeaders(passed) as Plain;
  return { ...rest, connection: "Upgrade", upgrade: headers["upgrade"] };
}

/** As Go's net/url writes a path. */
export function escapePath(path: string): string {
  const encode = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURI(path).replaceAll(/[!'()*?#[\]]/g, encode);
}

export interface Place {
  /** Path up to the proxy, `/api/v1/…/proxy`. */
  readonly prefix: string;
  /** Host of the other end, and that under which the caller knows us. */
  readonly hosts: readonly string[];
}

export function responseHeaders(headers: HttpHeaders, place: Place): HttpHeaders {
  const passed = withoutHops(headers);
  const location = header(headers, "location");
  if (location !== undefined) passed["location"] = rewritten(location, place);
  return passed;
}

/** Elsewhere and relative places are right as they are. */
function rewritten(location: string, { prefix, hosts }: Place): string {
  const match = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?(\/[^?#]*)?(.*)$/i.exec(location);
  const [, , host = "", path, rest = ""] = match ?? [];
  if (path === undefined || (host !== "" && !hosts.includes(host))) return location;
  if (path.startsWith(prefix)) return path + rest;
  return escapePath(prefix) + path + rest;
}
