// Callers of an etcd: h2load with recorded gRPC bodies where rates are measured, a gRPC library where answers have to be read.
// Invariant: rates come from a C program: a client in this process would tire before either server does.
// Called by: store.ts, killrounds.ts. Next on the way: etcdserver.ts.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import { decodeEtcd as decode, encodeEtcd as encode, etcdCalls as calls } from "#store";
import { percentile } from "./cluster.ts";

const run = promisify(execFile);
type Name = keyof typeof calls;
type Message<Call extends Name> = Parameters<typeof encode<(typeof calls)[Call]["request"]>>[1];
type Answer<Call extends Name> = ReturnType<typeof decode<(typeof calls)[Call]["response"]>>;

export interface GrpcLoad {
  readonly path: string;
  readonly body: Buffer;
  readonly requests: number;
  readonly connections: number;
  readonly inFlight: number;
}

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const recorded = <Call extends Name>(name: Call, request: Message<Call>): { path: string; body: Buffer } => {
  const { path, request: type } = calls[name];
  const message = encode(type, request);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return { path, body: Buffer.concat([head, message]) };
};

/** Every request must be answered; that each was carried out is for the caller to count, by the revision. */
export async function h2loadGrpc(endpoint: string, { path, body, requests, connections, inFlight }: GrpcLoad): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "dhow-h2load-"));
  const [bodyFile, log] = [join(folder, "body"), join(folder, "log")];
  try {
    writeFileSync(bodyFile, body);
    const amount = ["-n", String(requests), "-c", String(connections), "-m", String(Math.ceil(inFlight / connections)), "-t", "1"];
    const headers = ["-H", "content-type: application/grpc", "-H", "te: trailers", "-d", bodyFile, `--log-file=${log}`];
    const { stdout } = await run("h2load", [...amount, ...headers, `http://${endpoint}${path}`], { maxBuffer: 1 << 26 });
    const perSecond = Number(/finished in [^,]+, ([0-9.]+) req\/s/.exec(stdout)?.[1]);
    if (!stdout.includes(`${requests} succeeded`)) throw new Error(`h2load: ${/^requests: .*$/m.exec(stdout)?.[0]}`);
    const milliseconds = readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((row) => Number(row.split("\t")[2]) / 1000);
    return { perSecond, p50Ms: percentile(milliseconds, 50), p99Ms: percentile(milliseconds, 99) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export class EtcdClient {
  readonly #client: Client;

  /** `place` tells connections apart: equal ones would be shared. */
  constructor(endpoint: string, place = 0) {
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.enable_retries": 0,
      "dhow.bench.place": place,
    });
  }

  call<Call extends Name>(name: Call, request: Message<Call>, timeoutMs = 60_000): Promise<Answer<Call>> {
    const { path, request: asks, response } = calls[name];
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        (message: Message<Call>) => encode(asks, message),
        (bytes: Buffer) => decode(response, bytes) as Answer<Call>,
        request,
        new Metadata(),
        { deadline: Date.now() + timeoutMs },
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      );
    });
  }

  /** A stream of answers as they came, unread: reading them would be this process's cost. */
  watch(key: string, answered: (bytes: Buffer) => void): ClientDuplexStream<Buffer, Buffer> {
    const same = (bytes: Buffer): Buffer => bytes;
    const stream = this.#client.makeBidiStreamRequest(calls.Watch.path, same, same);
    stream.on("data", answered);
    stream.on("error", () => undefined);
    stream.write(encode(calls.Watch.request, { create_request: { key } }));
    return stream;
  }

  close(): void {
    this.#client.close();
  }
}
