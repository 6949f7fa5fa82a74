// A small gRPC client for transcripts: what etcdctl cannot say, step by step, as JSON.
// Invariant: every wait is bounded; it speaks through somebody else's gRPC (@grpc/grpc-js), so that ours is not its own judge.
// Called by: transcript.ts. Steps are separated by ` ; `: `Put {"key":"a"}` calls, `Watch {…}` opens a stream or sends on it,
// `Watch < 2` waits for two answers, `Watch .` says that no more questions come, `Watch !` hangs up, `Watch ?` tells that nothing
// came until now, `as TOKEN` signs what follows. Next on the way: the *.grpc.txt files.

import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { etcdCalls as calls, decodeEtcd as decode, encodeEtcd as encode } from "#store";

type Name = keyof typeof calls;
const waitMs = 20_000;

/** Text for bytes, numbers for ids; what has its default is left out. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (typeof value === "bigint") return value >= -1000n && value <= 1000n ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, one]) => {
    const text = plain(one);
    const empty = text === 0 || text === "" || text === false || (Array.isArray(text) && text.length === 0);
    return empty || text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries);
}

const bytesFields = new Set(["value", "blob"]);
const idFields = new Set(["ID", "lease", "watch_id", "memberID", "targetID"]);

/** The other way: JSON as written in a transcript, to what the codec writes. */
function message(text: string): object {
  return JSON.parse(text === "" ? "{}" : text, (name, value: unknown) => {
    if (bytesFields.has(name) && typeof value === "string") {
      // `*N` is N bytes.
      const size = /^\*(\d+)$/.exec(value);
      return size ? Buffer.alloc(Number(size[1]), "x") : Buffer.from(value, "latin1");
    }
    return idFields.has(name) && (typeof value === "number" || typeof value === "string") ? BigInt(value) : value;
  }) as object;
}

interface OpenStream {
  readonly write: (bytes: Buffer) => void;
  readonly end: () => void;
  readonly cancel: () => void;
  readonly answers: string[];
  wake: () => void;
}

const refusal = (error: ServiceError): string => `${status[error.code]}: ${error.details}`;

export class Driver {
  readonly #client: Client;
  readonly #streams = new Map<string, OpenStream>();
  #metadata = new Metadata();

  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.enable_retries": 0,
    });
  }

  close(): void {
    for (const { cancel } of this.#streams.values()) cancel();
    this.#client.close();
  }

  async run(steps: string): Promise<string> {
    const lines: string[] = [];
    for (const step of steps.split(" ; ")) lines.push(...(await this.#step(step.trim())));
    return lines.join("\n");
  }

  async #step(step: string): Promise<string[]> {
    const space = step.indexOf(" ");
    const name = (space < 0 ? step : step.slice(0, space)) as Name | "as";
    const rest = space < 0 ? "" : step.slice(space + 1).trim();
    if (name === "as") {
      this.#metadata = new Metadata();
      if (rest !== "nobody") this.#metadata.set("token", rest);
      return [];
    }
    // Several streams of one call are told apart by what follows a dash.
    const call = calls[name.replace(/-.*$/, "") as Name];
    if (!call) throw new Error(`no call ${name}`);
    if (call.form === "unary") return [await this.#unary(call, rest)];
    const received = /^< (\d+)$/.exec(rest);
    if (received) return this.#receive(name, Number(received[1]));
    const stream = this.#streams.get(name) ?? this.#open(name, call);
    if (rest === "?") return stream.answers.splice(0).concat("nothing more");
    if (rest === ".") stream.end();
    else if (rest === "!") {
      stream.cancel();
      this.#streams.delete(name);
    } else stream.write(encode(call.request, message(rest)));
    return [];
  }

  #unary(call: (typeof calls)[Name], rest: string): Promise<string> {
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        call.path,
        (request: object) => encode(call.request, request),
        (bytes: Buffer) => decode(call.response, bytes),
        message(rest),
        this.#metadata,
        { deadline: Date.now() + waitMs },
        (error, response) => resolve(error ? refusal(error) : JSON.stringify(plain(response))),
      );
    });
  }

  #open(name: string, call: (typeof calls)[Name]): OpenStream {
    const same = (bytes: Buffer): Buffer => bytes;
    const running = this.#client.makeBidiStreamRequest(call.path, same, same, this.#metadata);
    const stream: OpenStream = {
      write: (bytes) => void running.write(bytes),
      end: () => running.end(),
      cancel: () => running.cancel(),
      answers: [],
      wake: () => undefined,
    };
    const add = (text: string): void => {
      stream.answers.push(text);
      stream.wake();
    };
    running.on("data", (bytes: Buffer) => add(JSON.stringify(plain(decode(call.response, bytes)))));
    running.on("error", (error: ServiceError) => add(refusal(error)));
    running.on("end", () => this.#streams.delete(name));
    running.on("status", ({ code }: { code: number }) => (code === status.OK ? add("the stream ended") : undefined));
    this.#streams.set(name, stream);
    return stream;
  }

  /** Streams stay open from command to command: what was not waited for is told by the next wait. */
  async #receive(name: string, count: number): Promise<string[]> {
    const stream = this.#streams.get(name);
    if (!stream) return ["no stream"];
    const late = Symbol();
    while (stream.answers.length < count) {
      const { promise, resolve } = Promise.withResolvers<symbol | undefined>();
      stream.wake = () => resolve(undefined);
      const timer = setTimeout(() => resolve(late), waitMs);
      const answer = await promise;
      clearTimeout(timer);
      if (answer === late) return [...stream.answers.splice(0), "nothing more came"];
    }
    return stream.answers.splice(0, count);
  }
}
