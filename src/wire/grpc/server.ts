// A gRPC server on the streams of an HTTP/2 connection: finds the method, hands messages in and out as bytes, ends with a status.
// Invariant: every call ends with exactly one status; what a caller sends is bounded; a caller that has gone aborts its call's signal.
// Called by: listen.ts with each stream. No protobuf in here: a method takes and gives bytes. Next on the way: the methods.

import type { Log } from "#lib";
import { type HttpHeaders, header, type SocketPeer } from "../http.ts";
import { encodeHeaders, type HeaderField } from "../http2/hpack.ts";
import type { Http2Stream, StreamReader } from "../http2/stream.ts";
import { frame, FrameParser, wholeMessage } from "./frames.ts";
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
  | { readonly form: "unary"; readonly call: (request: Buffer, call: GrpcCall) => Promise<Uint8Array> | Uint8Array }
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
const head: readonly HeaderField[] = [
  [":status", "200"],
  ["content-type", contentType],
];
const headBlock = encodeHeaders(head);
const okBlock = encodeHeaders([["grpc-status", "0"]]);

const trailersOf = (error: GrpcError): HeaderField[] => [
  ["grpc-status", String(grpcCodes[error.code])],
  ["grpc-message", encodeMessage(error.message)],
];

export const isGrpc = (headers: HttpHeaders): boolean => (header(headers, "content-type") ?? "").startsWith(contentType);

/** Answers one stream whose content type is gRPC's. */
export function answerGrpc(stream: Http2Stream, peer: SocketPeer, services: GrpcServices): void {
  const path = header(stream.headers, ":path") ?? "";
  const method = services.methods.get(path);
  // A path that nobody knows is not counted by its name: callers could make up any number of them.
  const exchange = new Exchange(stream, method ? path : "", peer, services);
  if (!method) {
    exchange.end(unknownMethod(path, services.methods));
    return;
  }
  if (method.form === "unary") return stream.read(new UnaryReader(exchange, method, services.maxMessageBytes));
  try {
    method.call(exchange);
  } catch (error) {
    exchange.fail(error);
  }
}

type Unary = Extract<GrpcMethod, { form: "unary" }>;

/** Waits for the one request, which mostly comes in one piece. */
class UnaryReader implements StreamReader {
  readonly #exchange: Exchange;
  readonly #method: Unary;
  readonly #limitBytes: number;
  #parser: FrameParser | undefined;
  #request: Buffer | undefined;
  #several = false;

  constructor(exchange: Exchange, method: Unary, limitBytes: number) {
    this.#exchange = exchange;
    this.#method = method;
    this.#limitBytes = limitBytes;
  }

  data(chunk: Buffer): void {
    const whole = this.#parser ? undefined : wholeMessage(chunk, this.#limitBytes);
    if (whole) return this.#message(whole);
    this.#parser ??= new FrameParser(this.#limitBytes);
    this.#exchange.parse(this.#parser, chunk, (message) => this.#message(message));
  }

  end(): void {
    const exchange = this.#exchange;
    if (exchange.endedEarly(this.#parser)) return;
    if (!this.#request || this.#several) return exchange.end(new GrpcError("INTERNAL", "grpc: a unary call has one request"));
    try {
      const response = this.#method.call(this.#request, exchange);
      if (response instanceof Uint8Array) return exchange.reply(response);
      response.then(
        (bytes) => exchange.reply(bytes),
        (error: unknown) => exchange.fail(error),
      );
    } catch (error) {
      exchange.fail(error);
    }
  }

  #message(message: Buffer): void {
    this.#several = this.#request !== undefined;
    this.#request = message;
  }
}

function unknownMethod(path: string, methods: ReadonlyMap<string, GrpcMethod>): GrpcError {
  const slash = path.lastIndexOf("/");
  const [service, method] = [path.slice(1, slash), path.slice(slash + 1)];
  const known = methods.keys().some((one) => one.startsWith(`/${service}/`));
  return new GrpcError("UNIMPLEMENTED", known ? `unknown method ${method} for service ${service}` : `unknown service ${service}`);
}

class Exchange implements GrpcStream {
  readonly method: string;
  readonly peer: SocketPeer;
  readonly #stream: Http2Stream;
  readonly #services: GrpcServices;
  #abort: AbortController | undefined;
  #ended = false;

  constructor(stream: Http2Stream, method: string, peer: SocketPeer, services: GrpcServices) {
    this.#stream = stream;
    this.#services = services;
    this.method = method;
    this.peer = peer;
    stream.onClose = () => {
      this.#ended = true;
      this.#abort?.abort();
    };
  }

  get metadata(): HttpHeaders {
    return this.#stream.headers;
  }

  /** Made when first asked for: most calls are over before anybody could want it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stream.closed) this.#abort.abort();
    return this.#abort.signal;
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes;
  }

  onDrain(run: () => void): void {
    this.#stream.onDrain(run);
  }

  onMessage(message: (bytes: Buffer) => void, ended: () => void): void {
    const parser = new FrameParser(this.#services.maxMessageBytes);
    this.#stream.read({
      data: (chunk) => this.parse(parser, chunk, message),
      end: () => {
        if (!this.endedEarly(parser)) ended();
      },
    });
  }

  parse(parser: FrameParser, chunk: Buffer, message: (bytes: Buffer) => void): void {
    if (this.#ended) return;
    try {
      for (const one of parser.push(chunk)) message(one);
    } catch (error) {
      this.fail(error);
    }
  }

  /** True when there is nothing left to answer, or when the caller stopped in the middle of a message, which is answered here. */
  endedEarly(parser: FrameParser | undefined): boolean {
    if (this.#ended) return true;
    if (!parser?.partial) return false;
    this.end(new GrpcError("INTERNAL", "unexpected EOF"));
    return true;
  }

  send(message: Uint8Array): void {
    if (this.#ended) return;
    this.#stream.respond(headBlock);
    this.#stream.write(frame(message));
  }

  /** The one answer of a unary call. */
  reply(message: Uint8Array): void {
    if (this.#ended) return;
    this.send(message);
    this.end();
  }

  fail(error: unknown): void {
    if (error instanceof GrpcError) return this.end(error);
    this.#services.log.error("a call failed", { method: this.method, error });
    this.end(new GrpcError("INTERNAL", error instanceof Error ? error.message : String(error)));
  }

  end(error?: GrpcError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#services.ended?.(this.method, error?.code ?? "OK");
    // Nothing was sent: status and headers are one block.
    if (error && !this.#stream.headersSent) return this.#stream.respond([...head, ...trailersOf(error)], true);
    this.#stream.respond(headBlock);
    this.#stream.end(error ? trailersOf(error) : okBlock);
  }
}
