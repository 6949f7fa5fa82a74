// One member's client: etcd's calls over somebody else's gRPC, each with a deadline.
// Invariant: a call ends with its answer or an error within its time; nothing is tried twice behind our back.
// Called by: cluster.ts, load.ts. Next on the way: load.ts.

import { Client, credentials } from "@grpc/grpc-js";
import { decodeEtcd, encodeEtcd, etcdCalls } from "#store";

type Calls = typeof etcdCalls;
export type UnaryName = { [Name in keyof Calls]: Calls[Name]["form"] extends "unary" ? Name : never }[keyof Calls];
export type Answer<Name extends UnaryName> = ReturnType<typeof decodeEtcd<Calls[Name]["response"]>>;

const defaultMs = 3000;

export class Caller {
  readonly #client: Client;

  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      "grpc.enable_retries": 0,
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.min_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 200,
    });
  }

  call<Name extends UnaryName>(name: Name, request: object, withinMs = defaultMs): Promise<Answer<Name>> {
    const { path, request: type, response } = etcdCalls[name];
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        (message: object) => encodeEtcd(type, message),
        (bytes: Buffer) => decodeEtcd(response, bytes) as Answer<Name>,
        request,
        { deadline: Date.now() + withinMs },
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
