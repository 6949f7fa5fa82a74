// The WebSocket handshake, the server's half: what was offered, which subprotocol is taken, the answer's headers.
// Invariant: pure; a subprotocol is any text here, for Kubernetes names one with a slash in it, which the RFC's grammar forbids.
// Called by: the kubelet's streams. Next on the way: connection.ts.

import { createHash } from "node:crypto";
import { header, type HttpHeaders } from "../http.ts";
import { listed } from "../upgrade/server.ts";

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export interface WebSocketOffer {
  readonly key: string;
  readonly protocols: readonly string[];
}

/** What the request offers, or the text of its refusal. */
export function webSocketOffer(headers: HttpHeaders): WebSocketOffer | string {
  if (header(headers, "sec-websocket-version") !== "13")
    return "websocket: unsupported version: 13 not found in 'Sec-Websocket-Version' header";
  const key = header(headers, "sec-websocket-key") ?? "";
  if (Buffer.from(key, "base64").length !== 16)
    return "websocket: 'Sec-WebSocket-Key' header must be Base64 encoded value of 16-byte in length";
  return { key, protocols: listed(headers, "sec-websocket-protocol") };
}

export function acceptHeaders(key: string, protocol: string | undefined): Record<string, string> {
  return {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": createHash("sha1")
      .update(key + magic)
      .digest("base64"),
    ...(protocol === undefined ? {} : { "sec-websocket-protocol": protocol }),
  };
}
