// The API server's way to a node's own HTTPS API: logs over shared connections, exec and its like each over one of their own.
// Invariant: dials the address and port that the Node object names, checks the node's certificate, shows the API server's own.
// Called by: apiserver/registry for pods/log, through the NodeProxy capability. Next on the way: kubelet/server.

import type { Node } from "#api";
import { type Client, type HttpsTransport, httpsTransport } from "#client";
import { userAgent } from "#config";
import type { Clock } from "#lib";
import { type HttpHeaders, type HttpResponse, type UpgradeResult, forward, upgrade } from "#wire";
import type { StatePaths } from "./state/paths.ts";
import { readCa, readPair } from "./state/pki.ts";

const connectionLimit = 64;

const connectMs = 5000;
/** A kubelet answers an upgrade once its runtime has: that may take a moment. */
const upgradeMs = 60_000;

export interface Dialler {
  fetch(nodeName: string, path: string, signal: AbortSignal): Promise<HttpResponse>;
  /** A request of any kind, its body and the answer's as they come. */
  request(
    nodeName: string,
    request: { readonly method: string; readonly target: string; readonly headers: HttpHeaders; readonly body?: AsyncIterable<Uint8Array> },
    signal: AbortSignal,
  ): Promise<HttpResponse>;
  upgrade(
    nodeName: string,
    request: { readonly method: string; readonly target: string; readonly headers: HttpHeaders },
    signal: AbortSignal,
  ): Promise<UpgradeResult>;
  close(): void;
}

export function nodeProxy(paths: StatePaths, clock: Clock, client: () => Client): Dialler {
  const transports = new Map<string, HttpsTransport>();
  const transportTo = (server: string): HttpsTransport => {
    const known = transports.get(server);
    if (known) return known;
    // At the bound the connection that was opened first makes room.
    for (const [oldest, transport] of transports) {
      if (transports.size < connectionLimit) break;
      transport.close();
      transports.delete(oldest);
    }
    const { cert, key } = readPair(paths, "apiserver-kubelet-client");
    const made = httpsTransport({
      server,
      ca: readCa(paths),
      cert,
      key,
      userAgent: userAgent("kube-apiserver"),
      clock,
      connectTimeoutMs: connectMs,
    });
    transports.set(server, made);
    return made;
  };
  const nodeOf = (nodeName: string): Promise<Node> => client().resource<Node>("nodes").get(undefined, nodeName);
  const serverOf = async (nodeName: string, given?: Node): Promise<string> => {
    const node = given ?? (await nodeOf(nodeName));
    const addresses = node.status?.addresses ?? [];
    const address = addresses.find(({ type }) => type === "InternalIP")?.address ?? addresses[0]?.address;
    const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (address === undefined || port === undefined) throw new Error(`node ${nodeName} names no address and port of its kubelet`);
    return `https://${address.includes(":") ? `[${address}]` : address}:${port}`;
  };
  return {
    async fetch(nodeName, path, signal) {
      return transportTo(await serverOf(nodeName)).request({ method: "GET", target: path, signal });
    },
    async request(nodeName, request, signal) {
      const node = await nodeOf(nodeName);
      // Simulated nodes share one port; a prefix says which of them is meant.
      const simulated = node.status?.nodeInfo?.containerRuntimeVersion?.startsWith("simulated://");
      const target = simulated ? `/nodes/${encodeURIComponent(nodeName)}${request.target}` : request.target;
      const tls = { ca: readCa(paths), ...readPair(paths, "apiserver-kubelet-client") };
      const server = await serverOf(nodeName, node);
      const { host: _, ...headers } = request.headers;
      return forward({ server, ...request, headers, target, tls, clock, connectTimeoutMs: connectMs, signal });
    },
    async upgrade(nodeName, request, signal) {
      const tls = { ca: readCa(paths), ...readPair(paths, "apiserver-kubelet-client") };
      return upgrade({ server: await serverOf(nodeName), ...request, tls, clock, timeoutMs: upgradeMs, signal });
    },
    close() {
      for (const transport of transports.values()) transport.close();
      transports.clear();
    },
  };
}
