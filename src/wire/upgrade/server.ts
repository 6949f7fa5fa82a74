// An HTTP/1.1 request that wants its connection for another protocol: the same request to the same handler, which answers 101 or not.
// Invariant: every refusal is an ordinary answer with its body; after a 101 the connection belongs to `upgraded` alone.
// Called by: ../server.ts. Next on the way: the handler, then websocket/ or spdy/, or join.ts where bytes are only passed on.

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Log } from "#lib";
import { answer, noBody, plainHeaders } from "../exchange.ts";
import { type HttpHandler, type HttpResponse, header, type HttpHeaders, readAll, type SocketPeer } from "../http.ts";

export interface UpgradeExchange {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the head already. */
  readonly head: Buffer;
  readonly peer: SocketPeer;
  readonly handler: HttpHandler;
  readonly log: Log;
}

/** A refusal is a text, never a long list. */
const refusalLimitBytes = 8 << 20;

/** What a request wants to become: "websocket", "spdy/3.1", or undefined. */
export function upgradeWanted(headers: HttpHeaders): string | undefined {
  const connection = header(headers, "connection") ?? "";
  const wants = connection.split(",").some((word) => word.trim().toLowerCase() === "upgrade");
  return wants ? header(headers, "upgrade")?.trim().toLowerCase() : undefined;
}

/** The items of a header that is a list, over all its lines. */
export function listed(headers: HttpHeaders, name: string): string[] {
  const value = headers[name];
  const lines = typeof value === "object" ? value : value === undefined ? [] : [value];
  return lines.flatMap((line) => line.split(",").map((item) => item.trim())).filter((item) => item !== "");
}

function head(response: HttpResponse, extra: Readonly<Record<string, string>>): string {
  const lines = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`];
  for (const [name, value] of Object.entries({ ...plainHeaders(response.headers, response.body), ...extra }))
    for (const one of typeof value === "string" ? [value] : value) lines.push(`${name}: ${one.replace(/[\r\n]/g, " ")}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export async function exchangeUpgrade(exchange: UpgradeExchange): Promise<void> {
  const { incoming, socket, peer, handler, log } = exchange;
  const caller = new AbortController();
  const gone = (): void => caller.abort();
  socket.once("close", gone);
  const request = {
    method: incoming.method ?? "GET",
    target: incoming.url ?? "/",
    headers: incoming.headers,
    body: noBody,
    peer,
    signal: caller.signal,
  };
  const response = await answer(handler, request, log);
  if (socket.destroyed) {
    if (response.body && !(response.body instanceof Uint8Array)) await response.body[Symbol.asyncIterator]().return?.();
    response.upgraded?.(socket);
    return;
  }
  if (response.status === 101 && response.upgraded) {
    socket.write(head(response, {}));
    if (exchange.head.length > 0) socket.unshift(exchange.head);
    response.upgraded(socket);
    return;
  }
  const body = await readAll(response.body, refusalLimitBytes);
  socket.write(head(response, { connection: "close", "content-length": String(body.length) }));
  socket.end(request.method === "HEAD" ? undefined : body);
  socket.resume();
}
