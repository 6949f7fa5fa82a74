// etcd's face on a store: its calls as bytes in and bytes out, for a gRPC server to carry.
// Invariant: what a call throws leaves in etcd's words; what is not protobuf is refused before the call sees it.
// Called by: serve.ts, tests. Next on the way: rpc/index.ts.

import type { Clock, Log, Prng } from "#lib";
import { type GrpcCall, GrpcError, type GrpcMethod, type GrpcStream } from "#wire";
import { Access } from "./access.ts";
import { type Cluster, soleCluster } from "./cluster.ts";
import { decode, encode, type Sparse } from "./codec.ts";
import { expectOutcome, toEtcdError } from "./errors.ts";
import type { Caller, Etcd, EtcdLimits, Identity, StreamRpc, UnaryRpc } from "./etcd.ts";
import { EventMessages } from "./eventmessages.ts";
import { HeaderBytes } from "./header.ts";
import { healthMethod, healthPath } from "./health.ts";
import { endWithoutLeader, refuseUnserved, whileNobodyLeads } from "./served.ts";
import type { Command } from "../mvcc/command.ts";
import type { LocalStore } from "../store.ts";
import { calls, type Messages, type ResponseHeader } from "./messages.gen.ts";
import { rpcs } from "./rpc/index.ts";
import { Tokens } from "./tokens.ts";

export const defaultEtcdLimits: EtcdLimits = {
  maxRequestBytes: 1.5 * 1024 * 1024,
  maxTxnOps: 128,
  quotaBytes: 2 * 1024 * 1024 * 1024,
  progressNotifyMs: 600_000,
  minLeaseTtlSeconds: 2,
};

export interface EtcdFaceOptions {
  readonly store: LocalStore;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly identity: Identity;
  /** Absent: this store is alone. */
  readonly cluster?: Cluster;
  /** Of the etcd whose surface this is. */
  readonly version: string;
  readonly limits?: Partial<EtcdLimits>;
}

export function createEtcd(options: EtcdFaceOptions): Etcd {
  const { store, identity } = options;
  const limits = { ...defaultEtcdLimits, ...options.limits };
  const heads = new HeaderBytes(identity);
  return {
    ...options,
    limits,
    cluster: options.cluster ?? soleCluster(store, identity),
    eventMessages: new EventMessages(),
    access: new Access(() => store.state.auth, new Tokens(options.clock, options.prng, () => store.state.auth.tokens)),
    header: (revision): Sparse<ResponseHeader> => ({
      cluster_id: identity.clusterId,
      member_id: identity.memberId,
      revision: revision || store.state.revision,
      raft_term: store.raftTerm,
    }),
    headerBytes: (revision) => heads.at(revision || store.state.revision, store.raftTerm),
    execute(command, type, signal) {
      const { enabled, revision: authRevision } = store.state.auth;
      const guarded: Command = enabled && "request" in command ? { type: "guarded", authRevision, command } : command;
      return store.execute(guarded, signal).then((outcome) => expectOutcome(outcome, type), rethrow);
    },
  };
}

function rethrow(error: unknown): never {
  throw toEtcdError(error);
}

function read<Name extends keyof Messages>(name: Name, bytes: Buffer): Messages[Name] {
  try {
    return decode(name, bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GrpcError("INTERNAL", `grpc: error unmarshalling request: ${error.message}`);
  }
}

class UnaryCaller implements Caller {
  readonly bytes: Buffer;
  readonly #call: GrpcCall;

  constructor(bytes: Buffer, call: GrpcCall) {
    this.bytes = bytes;
    this.#call = call;
  }

  get method(): string {
    return this.#call.method;
  }

  get metadata(): GrpcCall["metadata"] {
    return this.#call.metadata;
  }

  get peer(): GrpcCall["peer"] {
    return this.#call.peer;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }
}

/** What needs to wait for nothing is answered at once: a promise would cost more than a small answer. */
function unaryMethod(etcd: Etcd, rpc: UnaryRpc): GrpcMethod {
  const { request, response } = calls[rpc.name];
  // What is written already goes as it is.
  const answer = (message: object): Uint8Array => (message instanceof Uint8Array ? message : encode(response, message));
  return {
    form: "unary",
    call(bytes, call) {
      const caller = new UnaryCaller(bytes, call);
      const message = read(request, bytes);
      refuseUnserved(etcd, rpc.name, message, caller);
      const answered = rpc.handle(whileNobodyLeads(etcd, caller), message as never, caller);
      return answered instanceof Promise ? answered.then(answer) : answer(answered);
    },
  };
}

/** A message that is none ends its stream. */
function streamMethod(etcd: Etcd, rpc: StreamRpc): GrpcMethod {
  const { request, response } = calls[rpc.name];
  return {
    form: "stream",
    call(stream: GrpcStream) {
      const messages = {
        get queuedBytes() {
          return stream.queuedBytes;
        },
        onDrain: (run: () => void) => stream.onDrain(run),
        signal: stream.signal,
        metadata: stream.metadata,
        peer: stream.peer,
        method: stream.method,
        onMessage: (message: (request: never) => void, ended: () => void) =>
          stream.onMessage((bytes) => message(read(request, bytes) as never), ended),
        send: (message: Sparse<Messages[typeof response]>) => stream.send(encode(response, message)),
        end: (error?: GrpcError) => stream.end(error),
      };
      refuseUnserved(etcd, rpc.name, undefined, stream);
      endWithoutLeader(etcd, stream);
      rpc.handle(etcd, messages as never);
    },
  };
}

export function etcdMethods(etcd: Etcd): ReadonlyMap<string, GrpcMethod> {
  const methods = new Map<string, GrpcMethod>([[healthPath, healthMethod(etcd)]]);
  for (const rpc of rpcs) methods.set(calls[rpc.name].path, rpc.form === "unary" ? unaryMethod(etcd, rpc) : streamMethod(etcd, rpc));
  return methods;
}
