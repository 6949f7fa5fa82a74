// What every call of the face is given: the store, who this member is, the rules; and the form of a call.
// Invariant: a call is a function from a message to a message; it knows no library and no socket.
// Called by: rpc/, one file a call. Next on the way: rpc/index.ts.

import type { Clock, Log, Prng } from "#lib";
import type { GrpcCall, GrpcError, GrpcStream } from "#wire";
import type { LocalStore } from "../store.ts";
import type { Outcome } from "../mvcc/state.ts";
import type { Command } from "../mvcc/command.ts";
import type { Access } from "./access.ts";
import type { Cluster } from "./cluster.ts";
import type { EventMessages } from "./eventmessages.ts";
import type { Sparse } from "./codec.ts";
import type { calls, Messages, ResponseHeader } from "./messages.gen.ts";

export interface Identity {
  readonly name: string;
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

export interface EtcdLimits {
  /** etcd's --max-request-bytes. */
  readonly maxRequestBytes: number;
  /** etcd's --max-txn-ops. */
  readonly maxTxnOps: number;
  /** etcd's --quota-backend-bytes. */
  readonly quotaBytes: number;
  /** etcd's --experimental-watch-progress-notify-interval. */
  readonly progressNotifyMs: number;
  /** A shorter lease would end while a new leader is elected. */
  readonly minLeaseTtlSeconds: number;
}

export interface Etcd {
  readonly store: LocalStore;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly identity: Identity;
  readonly cluster: Cluster;
  readonly limits: EtcdLimits;
  readonly version: string;
  readonly access: Access;
  readonly eventMessages: EventMessages;
  /** For the head of an answer; the store's revision unless another is given. */
  header(revision?: number): Sparse<ResponseHeader>;
  /** The same as bytes, for answers in which it stands as it is. */
  headerBytes(revision?: number): Sparse<ResponseHeader>;
  /** Through the log; a refusal is thrown in etcd's words. */
  execute<Type extends Outcome["type"]>(command: Command, type: Type, signal?: AbortSignal): Promise<Extract<Outcome, { type: Type }>>;
}

type Calls = typeof calls;
export type UnaryName = { [Name in keyof Calls]: Calls[Name]["form"] extends "unary" ? Name : never }[keyof Calls];
export type StreamName = { [Name in keyof Calls]: Calls[Name]["form"] extends "stream" ? Name : never }[keyof Calls];
type RequestOf<Name extends keyof Calls> = Messages[Calls[Name]["request"]];
type ResponseOf<Name extends keyof Calls> = Messages[Calls[Name]["response"]];

/** Who calls, and the request as it came. */
export interface Caller extends GrpcCall {
  readonly bytes: Buffer;
}

/** A stream of messages in the face's own form. */
export interface MessageStream<Name extends StreamName>
  extends Pick<GrpcStream, "queuedBytes" | "onDrain" | "signal" | "metadata" | "peer" | "method"> {
  onMessage(message: (request: RequestOf<Name>) => void, ended: () => void): void;
  send(response: Sparse<ResponseOf<Name>>): void;
  end(error?: GrpcError): void;
}

export interface UnaryRpc {
  readonly name: UnaryName;
  readonly form: "unary";
  readonly handle: (etcd: Etcd, request: never, caller: Caller) => Promise<object> | object;
}

export interface StreamRpc {
  readonly name: StreamName;
  readonly form: "stream";
  readonly handle: (etcd: Etcd, stream: never) => void;
}

export type Rpc = UnaryRpc | StreamRpc;

export function unary<Name extends UnaryName>(
  name: Name,
  handle: (etcd: Etcd, request: RequestOf<Name>, caller: Caller) => Promise<Sparse<ResponseOf<Name>>> | Sparse<ResponseOf<Name>>,
): UnaryRpc {
  return { name, form: "unary", handle };
}

export function streaming<Name extends StreamName>(name: Name, handle: (etcd: Etcd, stream: MessageStream<Name>) => void): StreamRpc {
  return { name, form: "stream", handle };
}
