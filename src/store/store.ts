// The store: answers reads from the state, turns writes into commands for the log, hands revisions to watches.
// Invariant: a read shows only what is committed and durable; a write is answered after it was applied.
// Called by: whoever holds a Store (memory.ts and open.ts make it). Next on the way: replica.ts for writes, mvcc/ for reads.

import { assert, Slicer } from "#lib";
import { type Entry, Raft, type SnapshotMark } from "#raft";
import type {
  Cause,
  LeaseId,
  RangeRequest,
  RangeResult,
  Revision,
  Store,
  StoreStatus,
  StoreWatch,
  TxnRequest,
  TxnResult,
  WatchRequest,
  WatchSink,
} from "./contract.ts";
import type { Driver, DriverParts } from "./driver.ts";
import { storeError } from "./errors.ts";
import { LeaseExpiry } from "./lease/expiry.ts";
import type { LocalStoreOptions } from "./localoptions.ts";
import { type Command, decodeCommand, encodeCommand } from "./mvcc/command.ts";
import type { MvccState, Outcome } from "./mvcc/state.ts";
import { Pruner } from "./prune.ts";
import { Replica } from "./replica.ts";
import { WatchHub } from "./watch/hub.ts";

const keysPerStep = 1024;
const newStore = { hardState: { term: 0, vote: 0, commit: 0 }, snapshot: { index: 0, term: 0 }, entries: [] };

function isByteString(key: string): boolean {
  for (let index = 0; index < key.length; index++) if (key.charCodeAt(index) > 0xff) return false;
  return true;
}

export class LocalStore implements Store {
  #state: MvccState;
  readonly #options: LocalStoreOptions;
  readonly #driver: Driver;
  readonly #hub: WatchHub;
  readonly #expiry: LeaseExpiry;
  #pruner: Pruner;
  /** Resolves when the log is replayed and the store leads. */
  readonly started: Promise<void>;
  #stopped = false;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LocalStoreOptions) {
    const { clock, log, limits, state, drive, alone = newStore } = options;
    this.#options = options;
    this.#state = state;
    this.#hub = new WatchHub({ state, clock, log, maxWatchers: limits.maxWatchers });
    this.#pruner = new Pruner(state, clock);
    this.#expiry = new LeaseExpiry(clock, (id, signal) => this.#expired(id, signal));
    const parts: DriverParts = {
      ...limits,
      ...options,
      apply: (entry) => this.#apply(entry),
      applied: () => this.#applied(),
      failed: (error) => this.#failed(error),
      leads: (leads) => (leads ? this.#expiry.begin(this.state.leases.all()) : this.#expiry.close()),
    };
    this.#driver = drive ? drive(parts) : new Replica(new Raft({ id: 1, voters: [1], electionTicks: 10, ...alone }), alone.snapshot, parts);
    this.started = this.#driver.start();
  }

  get state(): MvccState {
    return this.#state;
  }

  /** How far the state is in the log. */
  get applied(): SnapshotMark {
    return { index: this.#driver.appliedIndex, term: this.#driver.appliedTerm };
  }

  /** Why the store is at its end, if it did not end by `close`. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get raftTerm(): number {
    return this.#driver.term;
  }

  async range(request: RangeRequest): Promise<RangeResult> {
    this.#alive();
    const { state } = this;
    const newest = state.revision;
    const at = request.revision || newest;
    if (at > newest) throw storeError.future();
    if (at < state.compactRevision) throw storeError.compacted(state.compactRevision);
    if (request.end === undefined) {
      const kv = state.at(request.start, at);
      const kvs = kv && !request.countOnly ? [request.keysOnly ? { ...kv, value: new Uint8Array(0) } : kv] : [];
      return { revision: newest, kvs, more: false, count: kv ? 1 : 0 };
    }
    const limit = request.limit ?? 0;
    const scan = state.scan(request, at, { limit, countOnly: request.countOnly ?? false });
    if (!scan.advance(keysPerStep)) {
      // A long read is one moment's answer all the same: its revision is pinned while writers go on.
      const pin = state.pin(at);
      const slicer = new Slicer(this.#options.clock);
      while (!scan.advance(keysPerStep)) if (slicer.spent) await slicer.turn();
      pin.release();
    }
    const kvs = request.keysOnly ? scan.kvs.map((kv) => ({ ...kv, value: new Uint8Array(0) })) : scan.kvs;
    return { revision: newest, kvs, more: limit > 0 && scan.count > limit, count: scan.count };
  }

  async txn(request: TxnRequest): Promise<TxnResult> {
    const { key, expect, operation, cause } = request;
    const { limits } = this.#options;
    assert(isByteString(key), "a key is a string of bytes");
    const valueBytes = operation.type === "put" ? operation.value.length : 0;
    if (key.length + valueBytes > limits.maxRequestBytes) throw storeError.tooLarge();
    if (operation.type === "put" && this.state.bytes + key.length + valueBytes > limits.quotaBytes) throw storeError.noSpace();
    const common = { key, expect, ...(cause ? { cause } : {}) };
    const command: Command =
      operation.type === "delete"
        ? { type: "delete", ...common }
        : { type: "put", ...common, value: operation.value, ...(operation.lease === undefined ? {} : { lease: operation.lease }) };
    const outcome = await this.#propose(command);
    assert(outcome.type === "txn", "a transaction has a transaction's outcome");
    return outcome.result;
  }

  watch(request: WatchRequest, sink: WatchSink): StoreWatch {
    return this.#hub.watch(request, sink);
  }

  async grantLease(ttlSeconds: number): Promise<{ id: LeaseId; ttlSeconds: number }> {
    assert(Number.isSafeInteger(ttlSeconds) && ttlSeconds >= 1, "a lease lives a second at least");
    // 63 bits, the highest set: never 0, which stands for "no lease", and always sixteen digits. Chosen here, so that applying needs no chance.
    const id = BigInt.asUintN(62, Buffer.from(this.#options.prng.bytes(8)).readBigUInt64LE()) | (1n << 62n);
    await this.#propose({ type: "grantLease", id, ttlSeconds });
    return { id, ttlSeconds };
  }

  async keepAlive(id: LeaseId): Promise<{ ttlSeconds: number }> {
    this.#alive();
    const ttlSeconds = this.#expiry.keepAlive(id);
    if (ttlSeconds === undefined) throw storeError.leaseNotFound();
    return { ttlSeconds };
  }

  async revokeLease(id: LeaseId): Promise<void> {
    await this.#propose({ type: "revokeLease", id });
  }

  async compact(revision: Revision): Promise<void> {
    await this.#propose({ type: "compact", revision });
  }

  async linearizableRevision(): Promise<Revision> {
    this.#alive();
    await this.linearizable();
    return this.state.revision;
  }

  /** Undefined: what is applied is all that was ever acknowledged. A member of several may have to ask the others first. */
  linearizable(): Promise<void> | undefined {
    return this.#driver.linearizable?.();
  }

  /** Another member's snapshot takes the place of everything; who watches goes on where it was. */
  replaceState(state: MvccState): void {
    this.#state = state;
    this.#pruner = new Pruner(state, this.#options.clock);
    this.#hub.restart(state);
  }

  causeOf(revision: Revision): Cause | undefined {
    return revision < this.state.compactRevision ? undefined : this.state.history.at(revision)?.cause;
  }

  status(): StoreStatus {
    const { revision, compactRevision, liveKeys, bytes } = this.state;
    return { revision, compactRevision, keys: liveKeys, bytes, raftTerm: this.raftTerm, raftIndex: this.#driver.lastIndex };
  }

  /** Also after a failure: the folder is given back. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopped = true;
    this.#expiry.close();
    try {
      await this.#driver.stop();
    } finally {
      this.#hub.stop(undefined);
    }
  }

  #alive(): void {
    if (this.#stopped) throw storeError.stopped();
  }

  /** For etcd's face, whose commands and refusals are more than `txn` needs. */
  execute(command: Command, signal?: AbortSignal): Promise<Outcome> {
    if (this.#stopped) return Promise.reject(storeError.stopped());
    return this.#driver.propose(encodeCommand(command), signal);
  }

  /** The lease's time to live from now on, or undefined if it has ended. */
  renewLease(id: LeaseId): number | undefined {
    return this.#stopped ? undefined : this.#expiry.keepAlive(id);
  }

  /** How long a lease has still to live, by this store's clock. */
  leaseRemainingMs(id: LeaseId): number | undefined {
    return this.#expiry.remainingMs(id);
  }

  async #propose(command: Command): Promise<Outcome> {
    const outcome = await this.execute(command);
    if (outcome.type !== "refused") return outcome;
    const { reason } = outcome;
    if (reason === "leaseNotFound") throw storeError.leaseNotFound();
    if (reason === "future") throw storeError.future();
    if (reason === "compacted") throw storeError.compacted(this.state.compactRevision);
    // Of the others only etcd's face hears, by `execute`.
    assert(false, `${command.type} is not refused for ${reason}`);
  }

  #apply(entry: Entry): Outcome | undefined {
    if (entry.type !== "command") return undefined;
    const command = decodeCommand(entry.data);
    const outcome = this.state.apply(command);
    if (command.type === "grantLease" && outcome.type === "done") this.#expiry.granted(command.id, command.ttlSeconds);
    if (command.type === "revokeLease") this.#expiry.removed(command.id);
    return outcome;
  }

  #applied(): void {
    this.#hub.pump();
    this.#pruner.consider();
    this.#options.applied?.();
  }

  #expired(id: LeaseId, signal: AbortSignal): void {
    this.execute({ type: "revokeLease", id }, signal).catch((error: unknown) => {
      this.#options.log.warn("a lease's end could not be written", { lease: id, error });
      // It has its full time once more, if we still lead.
      const lease = this.state.leases.get(id);
      if (lease) this.#expiry.granted(id, lease.ttlSeconds);
    });
  }

  #failed(error: Error): void {
    this.#stopped = true;
    this.#failure = error;
    this.#expiry.close();
    this.#options.log.error("the store's log failed; the store is closed", { error });
    this.#hub.stop(storeError.stopped());
    this.#options.failed?.(error);
  }
}
