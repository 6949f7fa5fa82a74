// The contract over somebody else's store: etcd's API as a caller, in the few shapes that Kubernetes needs.
// Invariant: what the contract promises of a store in this process holds of one behind a network, except that an outcome may be unknown.
// Called by: open.ts. Next on the way: calls.ts, watch.ts.

import type { Clock, Log } from "#lib";
import {
  type Cause,
  type KeyValue,
  type LeaseId,
  type RangeRequest,
  type RangeResult,
  type Revision,
  type Store,
  StoreError,
  type StoreStatus,
  type StoreWatch,
  type TxnRequest,
  type TxnResult,
  type WatchRequest,
  type WatchSink,
} from "../contract.ts";
import type { ResponseHeader, StatusResponse } from "../etcd/messages.gen.ts";
import { revision as toRevision } from "../revision.ts";
import { keyValueOf } from "./batches.ts";
import type { RemoteCalls } from "./calls.ts";
import { Causes } from "./causes.ts";
import { Compaction } from "./compaction.ts";
import type { Endpoints } from "./endpoints.ts";
import type { KeyMap } from "./keys.ts";
import { knowsProgress } from "./version.ts";
import { RemoteWatch } from "./watch.ts";

export interface RemoteStoreParts {
  readonly endpoints: Endpoints;
  readonly calls: RemoteCalls;
  readonly keys: KeyMap;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of protobuf's enums: = and the revision of the last change. */
const equal = 0;
const ofModRevision = 2;

export class RemoteStore implements Store {
  readonly #parts: RemoteStoreParts;
  readonly #causes = new Causes();
  readonly #compaction: Compaction;
  readonly #watches = new Set<RemoteWatch>();
  #newest: Revision = toRevision(0);
  #keys = 0;
  #status: StatusResponse | undefined;
  /** The question that waits for the one in flight: whoever asks meanwhile is answered by it. */
  #nextRevision: Promise<Revision> | undefined;
  #revisionInFlight: Promise<Revision> | undefined;

  constructor(parts: RemoteStoreParts) {
    this.#parts = parts;
    this.#compaction = new Compaction(parts.calls);
  }

  /** Before anybody else: where the store stands. */
  async learn(): Promise<void> {
    const { calls, endpoints } = this.#parts;
    await this.#compaction.learn();
    const { count } = await this.range({ start: "/registry/", end: "/registry0", countOnly: true });
    this.#keys = count;
    this.#status = endpoints.status ?? (await calls.call("Status", {}));
  }

  #saw(header: ResponseHeader | undefined): Revision {
    const revision = toRevision(header?.revision ?? 0);
    if (revision > this.#newest) this.#newest = revision;
    return revision;
  }

  async range({ start, end, revision, limit, countOnly, keysOnly }: RangeRequest): Promise<RangeResult> {
    const { calls, keys } = this.#parts;
    const answer = await calls.call("Range", {
      key: keys.out(start),
      range_end: end === undefined ? "" : keys.out(end),
      limit,
      revision,
      count_only: countOnly,
      keys_only: keysOnly,
    });
    const kvs = answer.kvs.map((kv) => keyValueOf(kv, keys));
    return { revision: this.#saw(answer.header), kvs, more: answer.more, count: answer.count };
  }

  async txn(request: TxnRequest): Promise<TxnResult> {
    const writing = this.#causes.begin(request);
    let written: Revision | undefined;
    try {
      const result = await this.#txn(request);
      if (result.succeeded) written = result.revision;
      return result;
    } finally {
      this.#causes.end(request.key, writing, written);
    }
  }

  async #txn({ key: plainKey, expect, operation }: TxnRequest): Promise<TxnResult> {
    const { calls, keys } = this.#parts;
    const key = keys.out(plainKey);
    const write =
      operation.type === "put"
        ? { request_put: { key, value: operation.value, lease: operation.lease } }
        : { request_delete_range: { key, prev_kv: true } };
    const { header, succeeded, responses } = await calls.call("Txn", {
      compare: [{ result: equal, target: ofModRevision, key, mod_revision: expect }],
      success: [write],
      failure: [{ request_range: { key } }],
    });
    const revision = this.#saw(header);
    const [response] = responses;
    if (succeeded) {
      const deleted = response?.response_delete_range?.prev_kvs[0];
      return { succeeded, revision, ...(deleted && { previous: keyValueOf(deleted, keys) }) };
    }
    const found = response?.response_range?.kvs[0];
    const current: KeyValue | undefined = found && keyValueOf(found, keys);
    return { succeeded: false, revision, ...(current && { current }) };
  }

  watch(request: WatchRequest, sink: WatchSink): StoreWatch {
    const { endpoints, keys, clock, log } = this.#parts;
    const watch = new RemoteWatch(
      {
        endpoints,
        keys,
        clock,
        log,
        causes: this.#causes,
        asks: knowsProgress(endpoints.status?.version ?? ""),
        newest: () => this.#newest,
        saw: (revision) => this.#saw({ revision } as ResponseHeader),
      },
      request,
      sink,
    );
    this.#watches.add(watch);
    return {
      requestProgress: () => watch.requestProgress(),
      close: () => {
        this.#watches.delete(watch);
        watch.close();
      },
    };
  }

  async grantLease(ttlSeconds: number): Promise<{ id: LeaseId; ttlSeconds: number }> {
    const { ID, TTL } = await this.#parts.calls.call("LeaseGrant", { TTL: ttlSeconds });
    return { id: ID, ttlSeconds: TTL };
  }

  async keepAlive(id: LeaseId): Promise<{ ttlSeconds: number }> {
    const { TTL } = await this.#parts.calls.first("LeaseKeepAlive", { ID: id });
    if (TTL <= 0) throw new StoreError("leaseNotFound", "etcdserver: requested lease not found");
    return { ttlSeconds: TTL };
  }

  async revokeLease(id: LeaseId): Promise<void> {
    await this.#parts.calls.call("LeaseRevoke", { ID: id });
  }

  async compact(revision: Revision): Promise<void> {
    await this.#compaction.compact(revision);
    this.#status = await this.#parts.calls.call("Status", {});
  }

  /** One question at a time; those who come while it is on its way share the next, for its answer began before they asked. */
  linearizableRevision(): Promise<Revision> {
    if (!this.#revisionInFlight) return this.#askRevision();
    this.#nextRevision ??= this.#revisionInFlight.then(
      () => this.#askRevision(),
      () => this.#askRevision(),
    );
    return this.#nextRevision;
  }

  #askRevision(): Promise<Revision> {
    this.#nextRevision = undefined;
    const asking = this.#parts.calls.call("Range", { key: this.#parts.keys.out("/registry/health"), keys_only: true });
    const answered = asking
      .then(({ header }) => this.#saw(header))
      .finally(() => {
        if (this.#revisionInFlight === answered) this.#revisionInFlight = undefined;
      });
    this.#revisionInFlight = answered;
    return answered;
  }

  causeOf(revision: Revision): Cause | undefined {
    return this.#causes.of(revision);
  }

  /** As last heard: nothing is asked for it. */
  status(): StoreStatus {
    const { dbSize = 0, raftTerm = 0, raftIndex = 0 } = this.#status ?? {};
    return { revision: this.#newest, compactRevision: this.#compaction.revision, keys: this.#keys, bytes: dbSize, raftTerm, raftIndex };
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    this.#parts.endpoints.close();
  }
}
