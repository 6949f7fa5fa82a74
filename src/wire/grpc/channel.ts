// The caller's side of gRPC: one connection to one server, calls and streams of bytes on it.
// Invariant: a call ends once, with bytes or a GrpcError; `Unsent` is thrown only where the server certainly began nothing.
// On node:http2, whose windows and settings are tried by everybody; a call costs 40 % of what the gRPC library's does.
// Called by: store/remote. Next on the way: alive.ts, how a silent server is found out; frames.ts.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from "node:http2";
import type { Clock } from "#lib";
import { Alive } from "./alive.ts";
import { frame, FrameParser } from "./frames.ts";
import { decodeMessage, type GrpcCode, GrpcError, grpcCodes } from "./status.ts";

/** The call never reached the server: whoever made it may make it again. */
export class Unsent extends GrpcError {
  override name = "Unsent";

  constructor(message: string) {
    super("UNAVAILABLE", message);
  }
}

export interface GrpcChannelOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly server: string;
  /** PEM. Without an authority the machine's own list judges the server. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly clock: Clock;
  readonly connectMs: number;
  readonly maxMessageBytes: number;
}

export interface GrpcStreamSink {
  message(bytes: Buffer): void;
  /** Exactly once; without an error the server has said all it had to say. */
  ended(error?: GrpcError): void;
}

export interface GrpcClientStream {
  send(message: Uint8Array): void;
  /** No `ended` comes after it. */
  cancel(): void;
}

export interface GrpcChannel {
  readonly server: string;
  readonly closed: boolean;
  unary(path: string, message: Uint8Array, timeoutMs: number): Promise<Buffer>;
  stream(path: string, metadata: Readonly<Record<string, string>>, sink: GrpcStreamSink): GrpcClientStream;
  /** Nothing new; streams end with UNAVAILABLE, calls may still be answered, and then the connection ends. */
  retire(): void;
  /** Streams that are open end with UNAVAILABLE. */
  close(): void;
}

const windowBytes = 16 * 1024 * 1024;
/** What Node may hold for a connection, in megabytes; large ranges come in one message. */
const sessionMemory = 1024;
/** An answer later than this lets the connection be asked whether it lives. */
const slowMs = 2000;

const names = new Map<number, GrpcCode>(Object.entries(grpcCodes).map(([name, code]) => [code, name as GrpcCode]));

/** The status as trailers or, with nothing else to say, headers have it. */
function statusOf(headers: IncomingHttpHeaders): GrpcError | "ok" | undefined {
  const text = headers["grpc-status"];
  if (text === undefined) return undefined;
  if (text === "0") return "ok";
  const message = headers["grpc-message"];
  return new GrpcError(names.get(Number(text)) ?? "UNKNOWN", decodeMessage(typeof message === "string" ? message : ""));
}

export function connectGrpc(options: GrpcChannelOptions): Promise<GrpcChannel> {
  const { server, tls, clock, connectMs } = options;
  const settings = { enablePush: false, initialWindowSize: windowBytes };
  return new Promise((resolve, reject) => {
    const session = connect(server, { ...tls, settings, maxSessionMemory: sessionMemory });
    let failure: unknown;
    session.on("error", (error) => {
      failure = error;
    });
    const refuse = (why: string): void => {
      timer.cancel();
      session.destroy();
      reject(new Unsent(`${server}: ${why}`));
    };
    const timer = clock.after(connectMs, () => refuse("does not answer"));
    const lost = (): void => refuse(failure instanceof Error ? told(failure) : "closed the connection");
    session.once("close", lost);
    // A socket may be accepted by the kernel of a process that stands still; its settings are the first thing it says itself.
    session.once("remoteSettings", () => {
      timer.cancel();
      session.off("close", lost);
      session.setLocalWindowSize(windowBytes);
      resolve(new Channel(session, options));
    });
  });
}

/** Several addresses of one name fail together, and then the text is in the parts. */
function told(error: Error): string {
  const parts = error instanceof AggregateError ? (error.errors as readonly Error[]) : [];
  return parts.length > 0 ? parts.map(({ message }) => message).join(", ") : error.message;
}

class Channel implements GrpcChannel {
  readonly server: string;
  readonly #session: ClientHttp2Session;
  readonly #options: GrpcChannelOptions;
  readonly #alive: Alive;
  readonly #authority: string;
  #closed = false;
  #unanswered = 0;
  readonly #streams = new Set<(error: GrpcError) => void>();

  constructor(session: ClientHttp2Session, options: GrpcChannelOptions) {
    this.server = options.server;
    this.#session = session;
    this.#options = options;
    this.#authority = new URL(options.server).host;
    this.#alive = new Alive(session, options.clock, () => this.#unanswered + this.#streams.size > 0);
    session.once("goaway", () => this.#gone());
    session.once("close", () => this.#gone());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Open streams go on after a GOAWAY; new ones go elsewhere. */
  #gone(): void {
    this.#closed = true;
    if (this.#session.destroyed) this.#alive.stop();
  }

  #open(path: string, metadata?: Readonly<Record<string, string>>): ClientHttp2Stream {
    if (this.#closed || this.#session.destroyed) throw new Unsent(`${this.server}: the connection has ended`);
    const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_AUTHORITY } = constants;
    const head = { [HTTP2_HEADER_METHOD]: "POST", [HTTP2_HEADER_PATH]: path, [HTTP2_HEADER_AUTHORITY]: this.#authority };
    return this.#session.request({ ...head, "content-type": "application/grpc", te: "trailers", ...metadata }, { endStream: false });
  }

  async unary(path: string, message: Uint8Array, timeoutMs: number): Promise<Buffer> {
    const { clock } = this.#options;
    const stream = this.#open(path);
    const answers: Buffer[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#unanswered++;
    const settle = (error?: GrpcError): void => {
      slow.cancel();
      late.cancel();
      this.#answered();
      if (error) reject(error);
      else if (answers.length !== 1) reject(new GrpcError("INTERNAL", `a unary call was answered by ${answers.length} messages`));
      else resolve(answers[0]!);
    };
    const slow = clock.after(slowMs, () => this.#alive.ask());
    const late = clock.after(timeoutMs, () => {
      end(new GrpcError("DEADLINE_EXCEEDED", "context deadline exceeded"));
      stream.close(constants.NGHTTP2_CANCEL);
    });
    const end = this.#listen(stream, { message: (bytes) => answers.push(bytes), ended: settle });
    stream.end(frame(message));
    return promise;
  }

  #answered(): void {
    this.#unanswered--;
    if (this.#closed && this.#unanswered === 0) this.#session.destroy();
  }

  stream(path: string, metadata: Readonly<Record<string, string>>, sink: GrpcStreamSink): GrpcClientStream {
    const stream = this.#open(path, metadata);
    let canceled = false;
    const end = this.#listen(stream, {
      message: (bytes) => canceled || sink.message(bytes),
      ended: (error) => {
        this.#streams.delete(end);
        if (!canceled) sink.ended(error);
      },
    });
    this.#streams.add(end);
    return {
      send: (message) => void (stream.destroyed || stream.write(frame(message))),
      cancel: () => {
        canceled = true;
        stream.close(constants.NGHTTP2_CANCEL);
      },
    };
  }

  /** What ends it before its time: nothing comes after that. */
  #listen(stream: ClientHttp2Stream, sink: GrpcStreamSink): (error: GrpcError) => void {
    const parser = new FrameParser(this.#options.maxMessageBytes);
    let status: GrpcError | "ok" | undefined;
    let failure: Error | undefined;
    let ended = false;
    const end = (error?: GrpcError): void => {
      if (ended) return;
      ended = true;
      if (error) return sink.ended(error);
      const whole = status === "ok" && !parser.partial;
      sink.ended(whole ? undefined : status === undefined || status === "ok" ? this.#broken(stream, failure) : status);
    };
    stream.on("response", (headers) => {
      this.#alive.heard();
      status = statusOf(headers);
      if (headers[":status"] !== 200) failure = new Error(`HTTP status ${headers[":status"]}`);
    });
    stream.on("trailers", (headers) => {
      status = statusOf(headers) ?? status;
    });
    stream.on("data", (chunk: Buffer) => {
      this.#alive.heard();
      if (ended) return;
      try {
        for (const message of parser.push(chunk)) sink.message(message);
      } catch (error) {
        status = error instanceof GrpcError ? error : new GrpcError("INTERNAL", String(error));
        stream.close(constants.NGHTTP2_CANCEL);
        end();
      }
    });
    stream.on("error", (error) => {
      failure = error;
    });
    stream.on("end", () => status !== undefined && end());
    stream.on("close", () => end());
    return end;
  }

  /** A stream that ended without a status. */
  #broken(stream: ClientHttp2Stream, failure: Error | undefined): GrpcError {
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    const unsent = failure !== undefined && "code" in failure && unsentCodes.has(String(failure.code));
    const why = `${this.server}: ${failure?.message ?? "the connection was lost"}`;
    return refused || unsent ? new Unsent(why) : new GrpcError("UNAVAILABLE", why);
  }

  retire(): void {
    this.#closed = true;
    const left = new GrpcError("UNAVAILABLE", `${this.server}: another one is asked from now on`);
    for (const end of this.#streams) end(left);
    if (this.#unanswered === 0) this.#session.destroy();
  }

  close(): void {
    this.#closed = true;
    this.#alive.stop();
    this.#session.destroy();
  }
}

const unsentCodes: ReadonlySet<string> = new Set(["ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_INVALID_SESSION"]);
