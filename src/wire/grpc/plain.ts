// HTTP/2 requests that are not gRPC, on a gRPC port: `curl --http2-prior-knowledge …/health`.
// Invariant: only what is answered in one piece is answered here; the request's body is of no interest and not kept.
// Called by: listen.ts. Next on the way: the HTTP handler.

import type { Log } from "#lib";
import { answer, noBody, plainHeaders } from "../exchange.ts";
import { type HttpHandler, header, readAll, type SocketPeer } from "../http.ts";
import type { HeaderField } from "../http2/hpack.ts";
import type { Http2Stream } from "../http2/stream.ts";

const maxBodyBytes = 64 * 1024 * 1024;

export function answerPlain(stream: Http2Stream, peer: SocketPeer, handler: HttpHandler, log: Log): void {
  const gone = new AbortController();
  stream.onClose = () => gone.abort();
  stream.read({ data: () => undefined, end: () => undefined });
  const respond = async (): Promise<void> => {
    const response = await answer(
      handler,
      {
        method: header(stream.headers, ":method") ?? "",
        target: header(stream.headers, ":path") ?? "",
        headers: stream.headers,
        body: noBody,
        peer,
        signal: gone.signal,
      },
      log,
    );
    const body = await readAll(response.body, maxBodyBytes);
    const fields = Object.entries(plainHeaders(response.headers, body)).flatMap(([name, value]): HeaderField[] =>
      [value].flat().map((one): HeaderField => [name, one]),
    );
    stream.respond([[":status", String(response.status)], ...fields]);
    stream.write(body);
    stream.end();
  };
  respond().catch((error: unknown) => log.error("a request failed", { error }));
}
