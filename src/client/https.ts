// The transport over sockets: HTTP/2 to one server, its certificate checked by the cluster's own authority.
// Invariant: few connections, reused and replaced when they die; every wait is bounded: connect, answer's headers, silent peers.
// A request that the server certainly did not process (refused stream, connection going away) is sent once more, nothing else is.
// Called by: kubelet, CLI, tests. Next on the way: wire/server.ts at the other end; in process the same is compose/transport.ts.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { type Clock, systemClock } from "#lib";
import type { HttpHeaders } from "#wire";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

export interface HttpsTransportOptions {
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate; absent: the machine's own list. */
  readonly ca?: string;
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** A bearer token; a function is asked at each request, so that a rotated token is seen. */
  readonly token?: string | (() => string | undefined);
  readonly userAgent: string;
  readonly clock?: Clock;
  readonly connectTimeoutMs?: number;
  /** How long the answer's headers may take. Bodies may take for ever (watches); silence is found out by pings. */
  readonly headersTimeoutMs?: number;
  readonly maxConnections?: number;
  readonly streamsPerConnection?: number;
}

export interface HttpsTransport extends Transport {
  /** The same connections under another bearer token: how many nodes of one process speak as themselves. */
  withToken(token: string | (() => string | undefined)): Transport;
}

export class TransportError extends Error {
  override name = "TransportError";
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const silenceMs = 30_000;
const pingMs = 15_000;

interface Connection {
  readonly session: ClientHttp2Session;
  readonly ready: Promise<void>;
  streams: number;
  going: boolean;
}

function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "UNKNOWN";
}

/** Only what a server provably never began may be sent again. */
function neverProcessed(stream: ClientHttp2Stream | undefined, error: unknown): boolean {
  if (stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM) return true;
  return ["ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_INVALID_SESSION", "ERR_HTTP2_STREAM_CANCEL_UNSENT"].includes(errorCode(error));
}

/** Pulled chunks; letting go early tells the server with CANCEL instead of reading on. */
function responseBody(stream: ClientHttp2Stream, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
      return {
        async next() {
          try {
            const chunk = await chunks.next();
            if (!chunk.done) return chunk;
          } catch (error) {
            if (signal?.aborted) throw signal.reason;
            throw new TransportError(`response body: ${error instanceof Error ? error.message : String(error)}`, errorCode(error), error);
          }
          if (signal?.aborted) throw signal.reason;
          if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.aborted)
            throw new TransportError("response body: the connection was lost", "ECONNRESET");
          return { done: true, value: undefined };
        },
        return() {
          stream.close(constants.NGHTTP2_CANCEL);
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
}

/** Most answers are short: listening costs a fraction of an iterator. Settled at the stream's end, when its fate is known. */
function wholeBody(stream: ClientHttp2Stream, signal: AbortSignal | undefined, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (): void => {
      if (length > limitBytes) reject(new RangeError(`body exceeds ${limitBytes} bytes`));
      else if (signal?.aborted) reject(signal.reason);
      else if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.aborted || stream.errored)
        reject(new TransportError("response body: the connection was lost", "ECONNRESET", stream.errored));
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    };
    if (stream.closed && stream.destroyed) return finish();
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limitBytes) chunks.push(chunk);
      else stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.once("close", finish);
  });
}

class Pool {
  readonly #options: HttpsTransportOptions;
  readonly #clock: Clock;
  #connections: Connection[] = [];
  #closed = false;

  constructor(options: HttpsTransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock();
  }

  /** The least busy connection, or a new one while those we have are full. */
  take(): Connection {
    if (this.#closed) throw new TransportError("transport is closed", "ECLOSED");
    const usable = this.#connections.filter((one) => !one.going && !one.session.closed && !one.session.destroyed);
    let best: Connection | undefined;
    for (const one of usable) if (!best || one.streams < best.streams) best = one;
    const full = best === undefined || best.streams >= (this.#options.streamsPerConnection ?? 500);
    if (best && (!full || usable.length >= (this.#options.maxConnections ?? 4))) return best;
    const opened = this.#open();
    this.#connections = [...usable, opened];
    return opened;
  }

  #open(): Connection {
    const { ca, cert, key, server } = this.#options;
    const session = connect(server, {
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      ALPNProtocols: ["h2"],
      settings: { enablePush: false, initialWindowSize: 1024 * 1024 },
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const connection: Connection = { session, ready: promise, streams: 0, going: false };
    const timeoutMs = this.#options.connectTimeoutMs ?? 10_000;
    const deadline = this.#clock.after(timeoutMs, () =>
      session.destroy(new TransportError(`no connection to ${server} within ${timeoutMs} ms`, "ETIMEDOUT")),
    );
    promise.catch(() => undefined);
    session.once("connect", () => {
      deadline.cancel();
      session.setLocalWindowSize(4 * 1024 * 1024);
      resolve();
    });
    session.on("error", (error) => reject(error));
    session.on("goaway", () => {
      connection.going = true;
    });
    session.once("close", () => {
      deadline.cancel();
      connection.going = true;
      reject(new TransportError(`connection to ${server} was closed`, "ECONNRESET"));
      this.#connections = this.#connections.filter((one) => one !== connection);
    });
    session.setTimeout(silenceMs, () => {
      if (session.destroyed || connection.streams === 0) return;
      const silent = this.#clock.after(pingMs, () => session.destroy(new TransportError(`${server} does not answer`, "ETIMEDOUT")));
      if (!session.ping(() => silent.cancel())) silent.cancel();
    });
    return connection;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.splice(0)) connection.session.destroy();
  }

  async request(request: TransportRequest, token: HttpsTransportOptions["token"]): Promise<TransportResponse> {
    for (let attempt = 1; ; attempt++) {
      request.signal?.throwIfAborted();
      const connection = this.take();
      let stream: ClientHttp2Stream | undefined;
      try {
        await connection.ready;
        request.signal?.throwIfAborted();
        stream = this.#send(connection, request, token);
        return await this.#answer(stream, request);
      } catch (error) {
        if (request.signal?.aborted) throw request.signal.reason;
        if (attempt === 1 && neverProcessed(stream, error)) continue;
        if (error instanceof TransportError) throw error;
        const message = error instanceof Error ? error.message : String(error);
        throw new TransportError(`${request.method} ${this.#options.server}: ${message}`, errorCode(error), error);
      }
    }
  }

  #send(connection: Connection, request: TransportRequest, token: HttpsTransportOptions["token"]): ClientHttp2Stream {
    const headers: Record<string, string | string[]> = { "user-agent": this.#options.userAgent };
    const bearer = typeof token === "function" ? token() : token;
    if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
    for (const [name, value] of Object.entries(request.headers ?? {}))
      if (value !== undefined) headers[name] = typeof value === "string" ? value : [...value];
    headers[":method"] = request.method;
    headers[":path"] = request.target;
    const bodyless = request.body === undefined;
    const stream = connection.session.request(headers, { endStream: bodyless });
    connection.streams += 1;
    stream.once("close", () => {
      connection.streams -= 1;
    });
    // Errors reach whoever waits for the headers or the body; a stream that nobody reads any more must not end the process.
    stream.on("error", () => undefined);
    if (!bodyless) stream.end(request.body);
    return stream;
  }

  #answer(stream: ClientHttp2Stream, request: TransportRequest): Promise<TransportResponse> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      const timeoutMs = this.#options.headersTimeoutMs ?? 70_000;
      const deadline = this.#clock.after(timeoutMs, () => {
        reject(new TransportError(`${request.method} ${request.target}: no answer within ${timeoutMs} ms`, "ETIMEDOUT"));
        stream.close(constants.NGHTTP2_CANCEL);
      });
      const abort = (): void => {
        reject(signal?.reason);
        stream.close(constants.NGHTTP2_CANCEL);
      };
      signal?.addEventListener("abort", abort, { once: true });
      let answered = false;
      stream.once("response", (headers: IncomingHttpHeaders & { ":status"?: number }) => {
        answered = true;
        deadline.cancel();
        resolve({
          status: Number(headers[":status"]),
          headers: headers as HttpHeaders,
          body: responseBody(stream, signal),
          whole: (limitBytes) => wholeBody(stream, signal, limitBytes),
        });
      });
      stream.once("error", reject);
      stream.once("close", () => {
        deadline.cancel();
        signal?.removeEventListener("abort", abort);
        // An error costs a stack: every stream closes, few without an answer.
        if (!answered) reject(new TransportError(`${request.method} ${request.target}: the connection was lost`, "ECONNRESET"));
      });
    });
  }
}

export function httpsTransport(options: HttpsTransportOptions): HttpsTransport {
  const pool = new Pool(options);
  return {
    request: (request) => pool.request(request, options.token),
    withToken: (token) => ({ request: (request) => pool.request(request, token), close: () => undefined }),
    close: () => pool.close(),
  };
}
