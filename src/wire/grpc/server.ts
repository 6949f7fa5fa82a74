// A gRPC server on the streams of node:http2: finds the method, hands messages in and out as bytes, ends with a status.
// Invariant: every call ends with exactly one status; what a caller sends is bounded; a caller that has gone aborts its call's signal.
// Called by: listen.ts with each stream. No protobuf in here: a method takes and gives bytes. Next on the way: the methods.

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Log } from "#lib";
import type { HttpHeaders, SocketPeer } from "../http.ts";
import { frame, FrameParser } from "./frames.ts";
import { encodeMessage, GrpcError, grpcCodes } from "./status.ts";

/** What is known of a call besides its messages. */
export interface GrpcCall {
  readonly method: string;
  readonly metadata: HttpHeaders;
  readonly peer: SocketPeer;
  /** Aborted when the caller has gone or gives up. */
  readonly signal: AbortSignal;
}

/** Messages in both directions; the callee ends it. */
export interface GrpcStream extends GrpcCall {
  send(message: Uint8Array): void;
  /** How many bytes have been sent and not yet taken by the socket. */
  readonly queuedBytes: number;
  /** Called once, when all that was sent is with the socket. */
  onDrain(run: () => void): void;
  /** Messages as they come; `ended` when the caller has no more to say. */
  onMessage(message: (bytes: Buffer) => void, ended: () => void): void;
  end(error?: GrpcError): void;
}

export type GrpcMethod =
  | { readonly form: "unary"; readonly call: (request: Buffer, call: GrpcCall) => Promise<Uint8Array> }
  | { readonly form: "stream"; readonly call: (stream: GrpcStream) => void };

export interface GrpcServices {
  /** By path, `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  readonly maxMessageBytes: number;
  readonly log: Log;
  /** After each call, for metrics. */
  readonly ended?: (method: string, code: string) => void;
}

const contentType = "application/grpc";

export const isGrpc = (headers: IncomingHttpHeaders): boolean => (headers["content-type"] ?? "").startsWith(contentType);

/** Answers one stream whose content type is gRPC's. */
export function answerGrpc(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: SocketPeer, services: GrpcServices): void {
  const path = headers[":path"] ?? "";
  const exchange = new Exchange(stream, headers, peer, services);
  const method = services.methods.get(path);
  if (!method) {
    exchange.end(unknownMethod(path, services.methods));
    return;
  }
  if (headers[":method"] !== "POST") {
    exchange.end(new GrpcError("INTERNAL", `grpc: unexpected HTTP method ${String(headers[":method"])}`));
    return;
  }
  if (method.form === "stream") {
    try {
      method.call(exchange);
    } catch (error) {
      exchange.end(toGrpcError(error, services.log, path));
    }
    return;
  }
  const requests: Buffer[] = [];
  exchange.onMessage(
    (message) => requests.push(message),
    () => {
      const [request] = requests;
      if (!request || requests.length > 1) {
        exchange.end(new GrpcError("INTERNAL", "grpc: a unary call has one request"));
        return;
      }
      method.call(request, exchange).then(
        (response) => exchange.reply(response),
        (error: unknown) => exchange.end(toGrpcError(error, services.log, path)),
      );
    },
  );
}

function unknownMethod(path: string, methods: ReadonlyMap<string, GrpcMethod>): GrpcError {
  const slash = path.lastIndexOf("/");
  const [service, method] = [path.slice(1, slash), path.slice(slash + 1)];
  const known = methods.keys().some((one) => one.startsWith(`/${service}/`));
  return new GrpcError("UNIMPLEMENTED", known ? `unknown method ${method} for service ${service}` : `unknown service ${service}`);
}

function toGrpcError(error: unknown, log: Log, method: string): GrpcError {
  if (error instanceof GrpcError) return error;
  log.error("a call failed", { method, error });
  return new GrpcError("INTERNAL", error instanceof Error ? error.message : String(error));
}

class Exchange implements GrpcStream {
  readonly method: string;
  readonly metadata: HttpHeaders;
  readonly peer: SocketPeer;
  readonly #stream: ServerHttp2Stream;
  readonly #services: GrpcServices;
  readonly #abort = new AbortController();
  #ended = false;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: SocketPeer, services: GrpcServices) {
    this.#stream = stream;
    this.#services = services;
    this.method = headers[":path"] ?? "";
    this.metadata = headers;
    this.peer = peer;
    stream.on("error", () => undefined);
    stream.once("close", () => {
      this.#ended = true;
      this.#abort.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get queuedBytes(): number {
    return this.#stream.writableLength;
  }

  onDrain(run: () => void): void {
    if (this.#stream.writableNeedDrain) this.#stream.once("drain", run);
    else queueMicrotask(run);
  }

  onMessage(message: (bytes: Buffer) => void, ended: () => void): void {
    const parser = new FrameParser(this.#services.maxMessageBytes);
    const stream = this.#stream;
    stream.on("data", (chunk: Buffer) => {
      if (this.#ended) return;
      try {
        for (const one of parser.push(chunk)) message(one);
      } catch (error) {
        this.end(toGrpcError(error, this.#services.log, this.method));
      }
    });
    stream.on("end", () => {
      if (this.#ended) return;
      if (parser.partial) this.end(new GrpcError("INTERNAL", "unexpected EOF"));
      else ended();
    });
  }

  send(message: Uint8Array): void {
    if (this.#ended) return;
    this.#respond();
    this.#stream.write(frame(message));
  }

  /** The one answer of a unary call. */
  reply(message: Uint8Array): void {
    if (this.#ended) return;
    this.#respond();
    this.#finish(undefined);
    this.#stream.end(frame(message));
  }

  end(error?: GrpcError): void {
    if (this.#ended) return;
    if (this.#stream.headersSent) {
      this.#finish(error);
      this.#stream.end();
      return;
    }
    // Nothing was sent: status and headers are one block.
    this.#ended = true;
    this.#services.ended?.(this.method, error?.code ?? "OK");
    this.#stream.respond({ ":status": 200, "content-type": contentType, ...trailers(error) }, { endStream: true });
    this.#discard();
  }

  #respond(): void {
    if (this.#stream.headersSent) return;
    this.#stream.respond({ ":status": 200, "content-type": contentType }, { waitForTrailers: true });
  }

  #finish(error: GrpcError | undefined): void {
    this.#ended = true;
    this.#services.ended?.(this.method, error?.code ?? "OK");
    this.#stream.once("wantTrailers", () => {
      this.#stream.sendTrailers(trailers(error));
      this.#discard();
    });
  }

  /** What the caller still sends is of no interest; the stream ends when it stops, or now. */
  #discard(): void {
    if (this.#stream.readableEnded) return;
    this.#stream.resume();
    if (!this.#stream.endAfterHeaders) queueMicrotask(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

const trailers = (error: GrpcError | undefined): Record<string, string> => ({
  "grpc-status": String(error ? grpcCodes[error.code] : 0),
  ...(error ? { "grpc-message": encodeMessage(error.message) } : {}),
});
