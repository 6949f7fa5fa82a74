// The members of a foreign store: which of them is asked, and who is asked when that one has gone.
// Invariant: one connection at a time, to a member that has a leader and belongs to the cluster that was met first.
// Called by: calls.ts, watch.ts. Next on the way: wire's grpc/channel.ts.

import type { Clock, Log } from "#lib";
import { connectGrpc, type GrpcChannel, GrpcError, Unsent } from "#wire";
import { decode, encode } from "../etcd/codec.ts";
import { calls, type StatusResponse } from "../etcd/messages.gen.ts";

export interface RemoteTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface EndpointsOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly servers: readonly string[];
  readonly tls?: RemoteTls;
  readonly clock: Clock;
  readonly log: Log;
}

const connectMs = 3000;
/** A range of everything may come in one message. */
const maxMessageBytes = 512 * 1024 * 1024;

export class Endpoints {
  readonly #options: EndpointsOptions;
  /** The index of the one to ask first. */
  #preferred = 0;
  #channel: GrpcChannel | undefined;
  #connecting: Promise<GrpcChannel> | undefined;
  #clusterId: bigint | undefined;
  #closed = false;
  /** What the member said of itself when it was met. */
  status: StatusResponse | undefined;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  /** Rejects with `Unsent` when none of them can be asked; the text names each and why. */
  async channel(): Promise<GrpcChannel> {
    if (this.#closed) throw new Unsent("the store is closed");
    if (this.#channel && !this.#channel.closed) return this.#channel;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<GrpcChannel> {
    const { servers, tls, clock, log } = this.#options;
    const failures: string[] = [];
    for (let offset = 0; offset < servers.length; offset++) {
      const index = (this.#preferred + offset) % servers.length;
      const server = servers[index]!;
      try {
        const channel = await connectGrpc({ server, clock, connectMs, maxMessageBytes, ...(tls && { tls }) });
        await this.#meet(channel);
        if (this.#closed) throw new Unsent("the store is closed");
        this.#preferred = index;
        this.#channel = channel;
        log.info("connected to the store", { server, version: this.status?.version });
        return channel;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new Unsent(failures.join("; "));
  }

  async #meet(channel: GrpcChannel): Promise<void> {
    try {
      const { path, request, response } = calls.Status;
      const status = decode(response, await channel.unary(path, encode(request, {}), connectMs));
      const clusterId = status.header?.cluster_id ?? 0n;
      if (this.#clusterId !== undefined && clusterId !== this.#clusterId) throw new Unsent("is a member of another cluster");
      if (status.isLearner) throw new Unsent("etcdserver: rpc not supported for learner");
      if (status.leader === 0n) throw new Unsent("etcdserver: no leader");
      this.#clusterId = clusterId;
      this.status = status;
    } catch (error) {
      channel.close();
      const why = error instanceof GrpcError && error.code === "UNIMPLEMENTED" ? "is no etcd" : String((error as Error).message);
      throw new Unsent(why.startsWith(channel.server) ? why : `${channel.server}: ${why}`);
    }
  }

  /** Whoever serves there cannot do what a member does: the next one is asked from now on. Calls that wait there may still be answered. */
  leave(channel: GrpcChannel): void {
    if (this.#channel !== channel || this.#options.servers.length === 1) return;
    this.#options.log.warn("leaving a member of the store", { server: channel.server });
    this.#preferred = (this.#options.servers.indexOf(channel.server) + 1) % this.#options.servers.length;
    this.#channel = undefined;
    channel.retire();
  }

  close(): void {
    this.#closed = true;
    this.#channel?.close();
  }
}
