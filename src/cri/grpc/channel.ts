// gRPC over a unix socket for one table of descriptors: unary calls with a deadline, and server streams.
// Invariant: every unary call ends within its deadline; every failure is a CriError naming call, target and gRPC status.
// Called by: client.ts (CRI), events.ts (streams). Next on the way: the runtime's socket.

import { readFileSync } from "node:fs";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import type { Clock } from "#lib";
import { CriError } from "../errors.ts";

export type Fields = Record<string, unknown>;

export interface UnaryOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface StreamHandlers {
  message(fields: Fields): void;
  /** Called once; undefined when the server ended the stream in good order. */
  end(error: CriError | undefined): void;
}

const maxMessageBytes = 16 * 1024 * 1024;
const toObject = { longs: Number, enums: String, defaults: true, arrays: true, objects: true } as const;

/** undefined fields would be refused by protobufjs' enum and message converters; absent is what is meant. */
function withoutUndefined(value: unknown): unknown {
  if (value instanceof Uint8Array || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(withoutUndefined);
  const copy: Fields = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) copy[key] = withoutUndefined(inner);
  return copy;
}

export class Channel {
  readonly endpoint: string;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #root: protobuf.Root;
  #closed = false;

  constructor(socketPath: string, clock: Clock) {
    this.endpoint = `unix://${socketPath}`;
    this.#clock = clock;
    const descriptors = JSON.parse(readFileSync(new URL("../descriptors.gen.json", import.meta.url), "utf8")) as protobuf.INamespace;
    this.#root = protobuf.Root.fromJSON(descriptors);
    this.#client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
      "grpc.default_authority": "localhost",
      "grpc.max_receive_message_length": maxMessageBytes,
      "grpc.max_send_message_length": maxMessageBytes,
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.min_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 2000,
      "grpc.enable_retries": 0,
    });
  }

  /** Decodes a message that travelled inside another one, such as an event in its envelope. */
  decode(type: string, bytes: Uint8Array): Fields {
    const message = this.#root.lookupType(type);
    return message.toObject(message.decode(bytes), toObject);
  }

  #method(service: string, call: string): { path: string; request: protobuf.Type; response: protobuf.Type } {
    const found = this.#root.lookupService(service);
    const method = found.methods[call];
    if (!method) throw new Error(`no call ${call} in ${service}`);
    method.resolve();
    return { path: `/${service}/${call}`, request: method.resolvedRequestType!, response: method.resolvedResponseType! };
  }

  #error(call: string, error: ServiceError): CriError {
    return new CriError(call, this.endpoint, status[error.code] ?? String(error.code), error.details || error.message);
  }

  unary(service: string, call: string, fields: object, options: UnaryOptions): Promise<Fields> {
    const { path, request, response } = this.#method(service, call);
    if (this.#closed) return Promise.reject(new CriError(call, this.endpoint, "CANCELLED", "the connection was closed by its owner"));
    return new Promise((resolve, reject) => {
      const running = this.#client.makeUnaryRequest(
        path,
        (message: protobuf.Message) => Buffer.from(request.encode(message).finish()),
        (bytes: Buffer) => response.toObject(response.decode(bytes), toObject),
        request.fromObject(withoutUndefined(fields) as Fields),
        this.#metadata(options.metadata),
        { deadline: this.#clock.nowMs() + options.timeoutMs },
        (error, reply) => {
          options.signal?.removeEventListener("abort", cancel);
          if (error) reject(this.#error(call, error));
          else resolve(reply ?? {});
        },
      );
      const cancel = (): void => running.cancel();
      options.signal?.addEventListener("abort", cancel, { once: true });
      if (options.signal?.aborted) cancel();
    });
  }

  /** A server stream; it has no deadline, `cancel` ends it. */
  stream(service: string, call: string, fields: Fields, handlers: StreamHandlers): { cancel(): void } {
    const { path, request, response } = this.#method(service, call);
    const running = this.#client.makeServerStreamRequest(
      path,
      (message: protobuf.Message) => Buffer.from(request.encode(message).finish()),
      (bytes: Buffer) => response.toObject(response.decode(bytes), toObject),
      request.fromObject(fields),
      this.#metadata(undefined),
    );
    let ended = false;
    const end = (error: CriError | undefined): void => {
      if (ended) return;
      ended = true;
      handlers.end(error);
    };
    running.on("data", (message: Fields) => handlers.message(message));
    running.on("error", (error: ServiceError) => end(this.#error(call, error)));
    running.on("end", () => end(undefined));
    return { cancel: () => running.cancel() };
  }

  #metadata(entries: Readonly<Record<string, string>> | undefined): Metadata {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(entries ?? {})) metadata.set(name, value);
    return metadata;
  }

  close(): void {
    this.#closed = true;
    this.#client.close();
  }
}
