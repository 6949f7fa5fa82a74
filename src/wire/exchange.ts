// One request and its answer on a socket: turns node:http2 streams and node:http messages into http.ts's form and back.
// Invariant: the response's producer is asked for its next chunk only when the socket has drained, and is told when the caller goes.
// Called by: server.ts. Next on the way: the handler (apiserver/pipeline, kubelet's own API).

import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Readable, Writable } from "node:stream";
import type { Log } from "#lib";
import type { HttpHandler, HttpHeaders, HttpRequest, HttpResponse, SocketPeer } from "./http.ts";

export const noBody: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** Letting go of a body early must not take the answer's half of the stream with it. */
function bodyOf(readable: Readable): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => readable.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array> };
}

const failed: HttpResponse = {
  status: 500,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: Buffer.from("internal error\n"),
};

export async function answer(handler: HttpHandler, request: HttpRequest, log: Log): Promise<HttpResponse> {
  try {
    return await handler(request);
  } catch (error) {
    log.error("request handler failed", { method: request.method, target: request.target, error });
    return failed;
  }
}

export function plainHeaders(headers: HttpHeaders, body: HttpResponse["body"]): Record<string, string | string[]> {
  const plain: Record<string, string | string[]> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) plain[name] = typeof value === "string" ? value : [...value];
  }
  if (body instanceof Uint8Array && plain["content-length"] === undefined) plain["content-length"] = String(body.byteLength);
  return plain;
}

/** Resolves when the socket wants more, or is gone. */
function drained(writable: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      writable.off("drain", done);
      writable.off("close", done);
      resolve();
    };
    writable.on("drain", done);
    writable.on("close", done);
  });
}

/** Pulls `body` into `writable` and ends it. Never rejects: a failing producer cuts the stream, which is all HTTP can say by then. */
async function pump(body: AsyncIterable<Uint8Array>, writable: Writable, log: Log, target: string): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  let gone = false;
  const leave = (): void => {
    if (gone) return;
    gone = true;
    void Promise.resolve(iterator.return?.()).catch((error: unknown) => log.debug("response body did not end well", { target, error }));
  };
  writable.once("close", leave);
  if (writable.destroyed) leave();
  try {
    while (!gone) {
      const next = await iterator.next();
      if (next.done) {
        gone = true;
        writable.end();
        return;
      }
      if (!gone && !writable.write(next.value)) await drained(writable);
    }
  } catch (error) {
    gone = true;
    log.warn("response body failed", { target, error });
    writable.destroy();
  } finally {
    writable.off("close", leave);
  }
}

/** What everybody reads whose caller went; one for all, since making one costs more than a small answer. */
const callerGone = new DOMException("the caller has gone", "AbortError");

/** Whether the caller is still there, as a signal only for those who ask: most answers are out before anybody does. */
class Caller {
  #controller: AbortController | undefined;
  #gone = false;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#gone) this.#controller.abort(callerGone);
    }
    return this.#controller.signal;
  }

  leave(): void {
    this.#gone = true;
    this.#controller?.abort(callerGone);
  }
}

interface Incoming extends Omit<HttpRequest, "signal"> {
  readonly caller: Caller;
}

function requestOf({ method, target, headers, body, peer, caller }: Incoming): HttpRequest {
  return {
    method,
    target,
    headers,
    body,
    peer,
    get signal() {
      return caller.signal;
    },
  };
}

export async function exchangeHttp2(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  bodyless: boolean,
  peer: SocketPeer,
  handler: HttpHandler,
  log: Log,
): Promise<void> {
  const caller = new Caller();
  const target = headers[":path"] ?? "/";
  const method = headers[":method"] ?? "GET";
  stream.on("error", () => undefined);
  stream.once("close", () => caller.leave());
  const sent = bodyless ? noBody : bodyOf(stream);
  const response = await answer(handler, requestOf({ method, target, headers, body: sent, peer, caller }), log);
  if (stream.destroyed || stream.closed) {
    if (response.body && !(response.body instanceof Uint8Array)) await response.body[Symbol.asyncIterator]().return?.();
    return;
  }
  const { body } = response;
  const fields = { ":status": response.status, ...plainHeaders(response.headers, body) };
  // What the handler left unread would fill the connection's window for ever: the stream is closed once the answer is out.
  if (!bodyless && !stream.readableEnded) stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  if (body === undefined || method === "HEAD") {
    stream.respond(fields, { endStream: true });
  } else if (body instanceof Uint8Array) {
    stream.respond(fields);
    stream.end(body);
  } else {
    stream.respond(fields);
    await pump(body, stream, log, target);
  }
}

export async function exchangeHttp1(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  peer: SocketPeer,
  handler: HttpHandler,
  log: Log,
): Promise<void> {
  const caller = new Caller();
  outgoing.once("close", () => caller.leave());
  const target = incoming.url ?? "/";
  const method = incoming.method ?? "GET";
  const request = requestOf({ method, target, headers: incoming.headers, body: bodyOf(incoming), peer, caller });
  const response = await answer(handler, request, log);
  const { body } = response;
  // A body that nobody read is thrown away; the server's request timeout bounds for how long.
  outgoing.once("finish", () => incoming.resume());
  outgoing.writeHead(response.status, plainHeaders(response.headers, body));
  if (body === undefined || body instanceof Uint8Array || method === "HEAD") outgoing.end(method === "HEAD" ? undefined : body);
  else await pump(body, outgoing, log, target);
}
