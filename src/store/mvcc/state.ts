// The state: every key's versions, the history of revisions, leases. Commands go in, outcomes and event batches come out.
// Invariant: equal commands in equal order give equal states; a revision is one command that changed something.
// Called by: store.ts for each committed entry, snapshot/ to fill it. Next on the way: ../watch/hub.ts.

import { assert, unreachable } from "#lib";
import type { Cause, EventBatch, KeyRange, KeyValue, LeaseId, Revision, StoreEvent, TxnResult } from "../contract.ts";
import { revision } from "../revision.ts";
import { Alarms } from "./alarms.ts";
import { AuthState } from "./auth.ts";
import { type Change, type EtcdOutcome, applyEtcd } from "./etcdcommands.ts";
import type { Command } from "./command.ts";
import { History } from "./history.ts";
import { byBytes, KeyIndex } from "./keyindex.ts";
import { Leases } from "./leases.ts";
import { Members } from "./members.ts";
import { RangeScan, type ScanOptions } from "./scan.ts";
import { isLive, KeyVersions, sizeOf } from "./versions.ts";

const noBytes = new Uint8Array(0);

export type Outcome =
  | { readonly type: "txn"; readonly result: TxnResult }
  | { readonly type: "done" }
  | { readonly type: "refused"; readonly reason: "leaseNotFound" | "leaseExists" | "compacted" | "future" | "authOldRevision" }
  | EtcdOutcome;

/** Holds history back from pruning. */
export interface Pin {
  at: number;
  release(): void;
}

const txn = (result: TxnResult): Outcome => ({ type: "txn", result });

export class MvccState {
  readonly #index = new KeyIndex();
  readonly history: History;
  readonly leases = new Leases();
  /** For etcd's face only. */
  readonly auth = new AuthState();
  readonly alarms = new Alarms();
  readonly members = new Members();
  #compactRevision: Revision;
  #bytes = 0;
  #liveKeys = 0;
  readonly #pins = new Set<Pin>();

  /** etcd's first revision is 1: the empty store's. */
  constructor(lastRevision = 1, compactRevision = 0) {
    this.history = new History(lastRevision);
    this.#compactRevision = revision(compactRevision);
  }

  get revision(): Revision {
    return this.history.last as Revision;
  }

  get compactRevision(): Revision {
    return this.#compactRevision;
  }

  /** Keys and values of all versions kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get liveKeys(): number {
    return this.#liveKeys;
  }

  apply(command: Command): Outcome {
    switch (command.type) {
      case "put":
        return this.#put(command);
      case "delete":
        return this.#delete(command);
      case "grantLease":
        return this.leases.grant(command.id, command.ttlSeconds) ? { type: "done" } : { type: "refused", reason: "leaseExists" };
      case "revokeLease":
        return this.#revoke(command.id);
      case "compact":
        return this.#compact(command.revision);
      case "guarded":
        // etcd's rule: rights that have changed meanwhile, anybody's, are reason enough to ask again.
        if (this.auth.enabled && command.authRevision < this.auth.revision) return { type: "refused", reason: "authOldRevision" };
        return this.apply(command.command);
      case "etcdPut":
      case "etcdDeleteRange":
      case "etcdTxn":
      case "alarm":
      case "auth":
      case "members":
        return applyEtcd(this, command);
      default:
        return unreachable(command);
    }
  }

  newest(key: string): KeyValue | undefined {
    const kv = this.#index.get(key)?.newest;
    return kv && isLive(kv) ? kv : undefined;
  }

  at(key: string, at: Revision): KeyValue | undefined {
    return this.#index.get(key)?.at(at);
  }

  scan(range: KeyRange, at: Revision, options: ScanOptions): RangeScan {
    return new RangeScan(this.#index, range, at, options);
  }

  /** While pinned, nothing that a read at `at` or later sees is pruned. */
  pin(at: number): Pin {
    const pin: Pin = { at, release: () => void this.#pins.delete(pin) };
    this.#pins.add(pin);
    return pin;
  }

  /** Frees up to `maxBatches` revisions of compacted history; true when nothing is left to free. */
  prune(maxBatches: number): boolean {
    let limit: number = this.#compactRevision;
    for (const pin of this.#pins) limit = Math.min(limit, pin.at);
    for (let count = 0; count < maxBatches; count++) {
      const batch = this.history.dropBelow(limit as Revision);
      if (!batch) return true;
      for (const event of batch.events) this.#pruneKey(event.kv.key, limit as Revision);
    }
    return false;
  }

  /** Puts a snapshot's key in place, before any command is applied. */
  restoreKey(kv: KeyValue): void {
    this.#record(kv, undefined);
  }

  /** Replays a snapshot's revision: the same events that a command once made. */
  restoreBatch(batch: EventBatch): void {
    // The batch at the compaction point is already in the base; it is kept for watches that begin there.
    if (batch.revision > this.#compactRevision) for (const event of batch.events) this.#record(event.kv, this.newest(event.kv.key));
    this.history.append(batch);
  }

  /** Whatever `write` does is one revision; if it does nothing, there is none. */
  change<Result>(write: (change: Change) => Result): Result {
    const at = this.#nextRevision();
    const events: StoreEvent[] = [];
    const result = write({
      at,
      events,
      put: (key, value, lease) => {
        const current = this.newest(key);
        events.push(this.#write(at, key, value, lease, current));
        return current;
      },
      delete: (kv) => void events.push(this.#bury(kv, at)),
    });
    if (events.length > 0) this.#commit(at, events, undefined);
    return result;
  }

  /** One key as one revision: what `change` does, without what a change of many needs. */
  put(key: string, value: Uint8Array, lease: LeaseId | undefined): KeyValue | undefined {
    const current = this.newest(key);
    const at = this.#nextRevision();
    this.#commit(at, [this.#write(at, key, value, lease, current)], undefined);
    return current;
  }

  #put(command: Extract<Command, { type: "put" }>): Outcome {
    const current = this.newest(command.key);
    if ((current?.modRevision ?? 0) !== command.expect) return this.#mismatch(current);
    if (command.lease !== undefined && !this.leases.get(command.lease)) return { type: "refused", reason: "leaseNotFound" };
    const at = this.#nextRevision();
    this.#commit(at, [this.#write(at, command.key, command.value, command.lease, current)], command.cause);
    return txn({ succeeded: true, revision: at, ...(current ? { previous: current } : {}) });
  }

  #delete(command: Extract<Command, { type: "delete" }>): Outcome {
    const current = this.newest(command.key);
    if ((current?.modRevision ?? 0) !== command.expect) return this.#mismatch(current);
    // Deleting nothing changes nothing: no revision, as in etcd.
    if (!current) return txn({ succeeded: true, revision: this.revision });
    const at = this.#nextRevision();
    this.#commit(at, [this.#bury(current, at)], command.cause);
    return txn({ succeeded: true, revision: at, previous: current });
  }

  #mismatch(current: KeyValue | undefined): Outcome {
    return txn({ succeeded: false, revision: this.revision, ...(current ? { current } : {}) });
  }

  #revoke(id: LeaseId): Outcome {
    const lease = this.leases.get(id);
    if (!lease) return { type: "refused", reason: "leaseNotFound" };
    const keys = [...lease.keys].sort(byBytes);
    if (keys.length > 0) {
      const at = this.#nextRevision();
      const events = keys.map((key) => {
        const current = this.newest(key);
        assert(current, "a lease's key is alive");
        return this.#bury(current, at);
      });
      this.#commit(at, events, undefined);
    }
    this.leases.remove(id);
    return { type: "done" };
  }

  #compact(at: Revision): Outcome {
    if (at <= this.#compactRevision) return { type: "refused", reason: "compacted" };
    if (at > this.revision) return { type: "refused", reason: "future" };
    this.#compactRevision = at;
    return { type: "done" };
  }

  #nextRevision(): Revision {
    return revision(this.revision + 1);
  }

  /** `current` is the live version, if there is one. */
  #write(at: Revision, key: string, value: Uint8Array, lease: LeaseId | undefined, current: KeyValue | undefined): StoreEvent {
    // Whoever is there already gives its name: one text for all versions of a key.
    const name = current ? current.key : key;
    const createRevision = current ? current.createRevision : at;
    const version = (current?.version ?? 0) + 1;
    const unleased = { key: name, value, createRevision, modRevision: at, version };
    const kv: KeyValue = lease === undefined ? unleased : { ...unleased, lease };
    this.#record(kv, current);
    return current ? { type: "put", kv, previous: current } : { type: "put", kv };
  }

  #bury(current: KeyValue, at: Revision): StoreEvent {
    const kv: KeyValue = { key: current.key, value: noBytes, createRevision: revision(0), modRevision: at, version: 0 };
    this.#record(kv, current);
    return { type: "delete", kv, previous: current };
  }

  /** `current` is the live version before `kv`. */
  #record(kv: KeyValue, current: KeyValue | undefined): void {
    const versions = this.#index.get(kv.key);
    if (versions) versions.push(kv);
    else this.#index.add(kv.key, new KeyVersions(kv));
    this.#bytes += sizeOf(kv);
    this.#liveKeys += (isLive(kv) ? 1 : 0) - (current ? 1 : 0);
    this.leases.move(kv.key, current?.lease, kv.lease);
  }

  #commit(at: Revision, events: readonly StoreEvent[], cause: Cause | undefined): void {
    this.history.append(cause ? { revision: at, events, cause } : { revision: at, events });
  }

  #pruneKey(key: string, limit: Revision): void {
    const versions = this.#index.get(key);
    if (!versions) return;
    this.#bytes -= versions.prune(limit);
    if (!versions.goneAt(limit)) return;
    this.#bytes -= sizeOf(versions.newest);
    this.#index.delete(key);
  }
}
