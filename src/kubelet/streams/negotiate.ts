// Which protocol a streaming request and we both speak, and the head of the answer that says so.
// Invariant: pure; what is not spoken here is refused by name, before anything is started in a container.
// Called by: process.ts, portForward.ts. Next on the way: client.ts for processes, ports.ts for port-forward.

import { acceptHeaders, type HttpRequest, type HttpResponse, header, listed, upgradeWanted, webSocketOffer } from "#wire";
import { text } from "../server/answer.ts";

export interface Negotiated {
  readonly transport: "websocket" | "spdy";
  readonly protocol: string;
  /** Of the 101 answer. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Spoken {
  readonly websocket: readonly string[];
  readonly spdy: readonly string[];
}

const quotedList = (names: readonly string[]): string => `[${names.join(" ")}]`;

/** The agreement, or the refusal. The caller's first choice that we speak wins. */
export function negotiate(request: HttpRequest, spoken: Spoken): Negotiated | HttpResponse {
  const wanted = upgradeWanted(request.headers);
  if (wanted === "websocket") {
    const offer = webSocketOffer(request.headers);
    if (typeof offer === "string") return text(400, offer);
    const protocol = offer.protocols.find((one) => spoken.websocket.includes(one));
    if (protocol === undefined) return unspoken(400, offer.protocols, spoken.websocket);
    return { transport: "websocket", protocol, headers: acceptHeaders(offer.key, protocol) };
  }
  if (wanted === "spdy/3.1") {
    const offered = listed(request.headers, "x-stream-protocol-version");
    const protocol = offered.find((one) => spoken.spdy.includes(one));
    if (protocol === undefined) return unspoken(403, offered, spoken.spdy);
    return {
      transport: "spdy",
      protocol,
      headers: { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol },
    };
  }
  const had = `[${header(request.headers, "connection") ?? ""}] and [${header(request.headers, "upgrade") ?? ""}]`;
  return text(400, `unable to upgrade: missing upgrade headers in request: Connection and Upgrade are ${had}`);
}

function unspoken(status: number, offered: readonly string[], spoken: readonly string[]): HttpResponse {
  const refusal = text(
    status,
    `unable to upgrade: unable to negotiate protocol: client supports ${quotedList(offered)}, server accepts ${quotedList(spoken)}`,
  );
  return { ...refusal, headers: { ...refusal.headers, "x-accepted-stream-protocol-versions": spoken } };
}
