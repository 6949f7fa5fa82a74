// The one form of a request and its answer, with or without a socket: method, target, headers and bytes.
// Invariant: nothing here is parsed beyond the header block; a credential that no header can express travels as `peer`.
// Called by: wire/server (sockets), compose (in process), apiserver (the handler), client (the transport).
// Next on the way: server.ts for sockets, apiserver/pipeline for what happens to a request.

import type { Duplex } from "node:stream";

/** Lower-case names; a repeated header's values stand in one array. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ClientCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Who is at the other end of the socket, as far as the transport can prove it. */
export interface SocketPeer {
  readonly address: string;
  /** Present only when the certificate's chain was verified against the client CA. */
  readonly certificate?: ClientCertificate;
}

export interface HttpRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: HttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
  readonly peer: SocketPeer;
  /** Aborted when the caller has gone or gives up. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** A stream is pulled: its producer is asked for the next chunk only when the socket has drained. `return()` is called when the caller goes. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Only with status 101: called once the head is out; the connection is the callee's from here on. */
  readonly upgraded?: (socket: Duplex) => void;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** First value of a header, or undefined. */
export function header(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}

/** The whole body as one buffer; rejects with a RangeError beyond `limitBytes`. */
export async function readAll(body: Uint8Array | AsyncIterable<Uint8Array> | undefined, limitBytes: number): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limitBytes) throw new RangeError(`body exceeds ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(chunks, length);
}
