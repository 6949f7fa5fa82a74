// A node's way to the API server: HTTPS with the node's own credential.
// Invariant: no node speaks as another, also where many share one process and its connections.
// Called by: node.ts (certificate), simulated-nodes.ts (token per node). Next on the way: client/https.ts.

import { type Client, createClient, type HttpsTransport, httpsTransport } from "#client";
import { userAgent } from "#config";
import type { Clock } from "#lib";
import { serverUrl } from "./bring-up.ts";
import type { PartContext } from "./context.ts";
import { readCa } from "./state/pki.ts";

const agent = userAgent("kubelet");

export function nodeTransport({ paths, facts, clock }: PartContext, pair?: { cert: string; key: string }): HttpsTransport {
  const server = serverUrl(Number(facts["port"]));
  return httpsTransport({ server, ca: readCa(paths), ...(pair ? { cert: pair.cert, key: pair.key } : {}), userAgent: agent, clock });
}

export function nodeClient(transport: Pick<HttpsTransport, "request" | "close">, clock: Clock): Client {
  return createClient({ transport, clock, userAgent: agent, bare: true });
}
