// pods/proxy, services/proxy, nodes/proxy: a request of the caller's own, carried to where only the cluster can reach.
// Invariant: who may do so was decided by the name of the proxy alone; the caller's credentials never leave the server; what cannot be
//   reached is a 503 in upstream's words.
// Called by: ../index.ts. Next on the way: location.ts (whom?), pass.ts (what of it?), then the Outbound or NodeProxy that was handed in.

import { ApiError } from "#api";
import { dialText, header, type HttpResponse, join, upgradeWanted, type UpgradeResult } from "#wire";
import type { Call } from "../../../call.ts";
import type { UpgradeRequest } from "../../../stages.ts";
import { reachNode } from "../node.ts";
import { type Location, podLocation, serviceLocation, splitName } from "./location.ts";
import { escapePath, requestHeaders, responseHeaders, upgradeHeaders } from "./pass.ts";

interface Asked {
  /** Decoded: what leads here, and what lies behind it ("" or from a slash on). */
  readonly prefix: string;
  readonly rest: string;
  /** With its question mark, as it was sent. */
  readonly query: string;
}

function askedOf(call: Call): Asked {
  const { path } = call.info;
  const { target } = call.request;
  const match = /^(\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:pods|services|nodes)\/[^/]+\/proxy)(.*)$/.exec(path);
  if (!match) throw ApiError.unknownResource();
  const at = target.indexOf("?");
  try {
    return { prefix: decodeURIComponent(match[1]!), rest: decodeURIComponent(match[2]!), query: at < 0 ? "" : target.slice(at) };
  } catch {
    throw ApiError.badRequest(`invalid URL escape in ${JSON.stringify(path)}`);
  }
}

/** How to reach the other end. */
interface Way {
  readonly server: string;
  request(request: Parameters<NonNullable<Call["core"]["outbound"]>["request"]>[1]): Promise<HttpResponse>;
  upgrade(request: UpgradeRequest): Promise<UpgradeResult>;
}

function outward(call: Call, { server, simulated }: Location): Way {
  const { outbound } = call.core;
  const { signal } = call.request;
  if (!outbound) throw ApiError.internal("there is no way out of this server");
  if (simulated !== undefined) {
    const { host, port, protocol } = new URL(server);
    const address = port === "" ? `${host}:${protocol === "https:" ? 443 : 80}` : host;
    const text = `dial tcp ${address}: the pods of node ${simulated} are simulated, nothing listens there`;
    throw ApiError.serviceUnavailable(`error trying to reach service: ${text}`);
  }
  return {
    server,
    request: (request) => outbound.request(server, request, signal),
    upgrade: (request) => outbound.upgrade(server, request, signal),
  };
}

async function nodeWay(call: Call, id: string): Promise<Way> {
  const { name, port } = splitName(id, "node");
  const node = (await call.core.reader.get("", "nodes", "", name)) as
    | { status?: { daemonEndpoints?: { kubeletEndpoint?: { Port?: number } } } }
    | undefined;
  if (!node) throw ApiError.notFound({ group: "", resource: "nodes" }, name);
  const own = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  if (port !== "" && port !== String(own))
    throw ApiError.badRequest(`only the kubelet's port ${own} of node ${JSON.stringify(name)} can be reached`);
  const { signal } = call.request;
  return {
    server: "https://kubelet",
    request: (request) => reachNode(call, name, "error trying to reach service", (proxy) => proxy.request(name, request, signal)),
    upgrade: (request) => reachNode(call, name, "error trying to reach service", (proxy) => proxy.upgrade(name, request, signal)),
  };
}

async function wayOf(call: Call): Promise<Way> {
  const { name } = call.info;
  if (call.resource.resource === "nodes") return nodeWay(call, name);
  return outward(call, call.resource.resource === "pods" ? await podLocation(call, name) : await serviceLocation(call, name));
}

async function reached<Result>(call: Call, way: Way, asking: Promise<Result>): Promise<Result> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ApiError || call.request.signal.aborted) throw error;
    throw ApiError.serviceUnavailable(`error trying to reach service: ${dialText(error, way.server)}`);
  }
}

async function passUpgrade(call: Call, way: Way, request: UpgradeRequest): Promise<HttpResponse> {
  const answer = await reached(call, way, way.upgrade(request));
  const { socket } = answer;
  if (!socket) return { status: answer.status, headers: answer.headers, body: answer.body };
  return { status: 101, headers: answer.headers, body: undefined, upgraded: (caller) => join(call.core.clock, caller, socket) };
}

export async function proxy(call: Call): Promise<HttpResponse> {
  const { prefix, rest, query } = askedOf(call);
  const way = await wayOf(call);
  const { method, headers, body, peer } = call.request;
  const target = `${escapePath(rest) || "/"}${query}`;
  const passed = { headers, peer: peer.address, path: `${prefix}${rest}` };
  if (upgradeWanted(headers) !== undefined) return passUpgrade(call, way, { method, target, headers: upgradeHeaders(passed) });
  if (rest === "" && (method === "GET" || method === "HEAD"))
    return { status: 301, headers: { location: `${escapePath(prefix)}/${query}` }, body: Buffer.alloc(0) };
  const answer = await reached(call, way, way.request({ method, target, headers: requestHeaders(passed), body }));
  const host = header(headers, "host") ?? header(headers, ":authority");
  const hosts = [new URL(way.server).host, ...(host === undefined ? [] : [host])];
  return { ...answer, headers: responseHeaders(answer.headers, { prefix, hosts }) };
}
