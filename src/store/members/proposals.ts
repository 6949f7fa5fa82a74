// Commands on their way: waiting to be said, in our own log, or with the leader; and who waits for each.
// Invariant: each is answered once: with its outcome, with "unknown" when its time is up, or with a refusal if it surely never took place.
// Called by: driver.ts. Next on the way: applier.ts, which brings outcomes.

import type { Entry } from "#raft";
import { storeError } from "../errors.ts";
import type { Outcome } from "../mvcc/state.ts";
import { type Forwarded, wrap } from "./forwarded.ts";

export interface Proposal {
  readonly data: Uint8Array;
  /** Absent: another member waits for it. */
  readonly waiter?: { readonly resolve: (outcome: Outcome) => void; readonly reject: (error: Error) => void };
  readonly untilMs: number;
  /** Aborted: whoever asked has gone. */
  readonly signal?: AbortSignal;
}

type Said = Proposal & { readonly term: number };

export interface ProposalLimits {
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxBatchBytes: number;
  readonly timeoutMs: number;
}

const isAbandoned = ({ signal }: Proposal): boolean => signal?.aborted ?? false;

/** What nobody waits for any more, and nobody has heard of yet, is not said. */
function refuseAbandoned(proposal: Proposal): boolean {
  if (!isAbandoned(proposal)) return true;
  proposal.waiter?.reject(storeError.outcomeUnknown());
  return false;
}

export class Proposals {
  readonly #limits: ProposalLimits;
  readonly #self: number;
  #pending: Proposal[] = [];
  #pendingBytes = 0;
  /** By index, with the term it was said in. */
  readonly #inLog = new Map<number, Said>();
  readonly #withLeader = new Map<number, Proposal>();
  #nextId: number;

  /** `firstId` by chance, so that numbers of an earlier life mean nobody. */
  constructor(self: number, firstId: number, limits: ProposalLimits) {
    this.#self = self;
    this.#nextId = firstId;
    this.#limits = limits;
  }

  get waiting(): boolean {
    return this.#pending.length > 0;
  }

  add(data: Uint8Array, nowMs: number, signal?: AbortSignal): Promise<Outcome> {
    if (!this.#hasRoom(1, data.length)) return Promise.reject(storeError.tooManyRequests());
    return new Promise((resolve, reject) => {
      const proposal = { data, waiter: { resolve, reject }, untilMs: nowMs + this.#limits.timeoutMs };
      this.#push(signal ? { ...proposal, signal } : proposal);
    });
  }

  /** False: there is no room, and none was taken. */
  addForwarded(commands: readonly Uint8Array[], nowMs: number): boolean {
    const bytes = commands.reduce((sum, { length }) => sum + length, 0);
    if (!this.#hasRoom(commands.length, bytes)) return false;
    for (const data of commands) this.#push({ data, untilMs: nowMs + this.#limits.timeoutMs });
    return true;
  }

  takeBatch(): Proposal[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#pending.length) {
      bytes += this.#pending[count]!.data.length;
      if (count > 0 && bytes > this.#limits.maxBatchBytes) break;
      count++;
    }
    const batch = count === this.#pending.length ? this.#pending : this.#pending.slice(0, count);
    this.#pending = count === this.#pending.length ? [] : this.#pending.slice(count);
    for (const { data } of batch) this.#pendingBytes -= data.length;
    return batch.some(isAbandoned) ? batch.filter(refuseAbandoned) : batch;
  }

  /** They surely did not take place: they are said again, before all others. */
  putBack(batch: readonly Proposal[]): void {
    this.#pending = [...batch, ...this.#pending];
    for (const { data } of batch) this.#pendingBytes += data.length;
  }

  /** They are about to be entries of ours, from `first` on. */
  appended(batch: readonly Proposal[], first: number, term: number): void {
    let index = first;
    for (const proposal of batch) {
      // Written onto what is there: a put has enough objects of its own.
      if (proposal.waiter) this.#inLog.set(index, Object.assign(proposal, { term }));
      index++;
    }
  }

  /** They are no entries after all. */
  refused(batch: readonly Proposal[], first: number): void {
    for (let offset = 0; offset < batch.length; offset++) this.#inLog.delete(first + offset);
  }

  /** As the leader is told them, with the numbers that were given. */
  forward(batch: readonly Proposal[]): { readonly commands: readonly Uint8Array[]; readonly ids: readonly number[] } {
    const ids: number[] = [];
    const commands = batch.map((proposal) => {
      if (!proposal.waiter) return proposal.data;
      const id = this.#nextId++;
      ids.push(id);
      this.#withLeader.set(id, proposal);
      return wrap(this.#self, id, proposal.data);
    });
    return { commands, ids };
  }

  /** The leader has not taken them. */
  forwardRefused(ids: readonly number[]): void {
    const back = ids.flatMap((id) => this.#withLeader.get(id) ?? []);
    for (const id of ids) this.#withLeader.delete(id);
    this.putBack(back);
  }

  applied({ index, term }: Entry, forwarded: Forwarded | undefined, outcome: Outcome | undefined): void {
    if (forwarded?.origin === this.#self) {
      const proposal = this.#withLeader.get(forwarded.id);
      this.#withLeader.delete(forwarded.id);
      proposal?.waiter!.resolve(outcome!);
    }
    const own = this.#inLog.get(index);
    if (!own) return;
    this.#inLog.delete(index);
    if (own.term === term) own.waiter!.resolve(outcome!);
    // Another leader's entry took its place: it never was, and never will be.
    else this.putBack([own]);
  }

  /** A snapshot took the place of everything up to `index`: what became of these nobody can say. */
  replaced(upTo: number): void {
    for (const [index, { waiter }] of this.#inLog) {
      if (index > upTo) continue;
      this.#inLog.delete(index);
      waiter!.reject(storeError.outcomeUnknown());
    }
  }

  sweep(nowMs: number): void {
    const late = ({ untilMs }: Proposal): boolean => untilMs <= nowMs;
    if (this.#pending.some(late)) {
      for (const { waiter } of this.#pending.filter(late)) waiter?.reject(storeError.outcomeUnknown());
      this.#pending = this.#pending.filter((one) => !late(one));
      this.#pendingBytes = this.#pending.reduce((sum, { data }) => sum + data.length, 0);
    }
    // Both are in the order they came.
    for (const [index, proposal] of this.#inLog) {
      if (!late(proposal)) break;
      this.#inLog.delete(index);
      proposal.waiter!.reject(storeError.outcomeUnknown());
    }
    for (const [id, proposal] of this.#withLeader) {
      if (!late(proposal)) break;
      this.#withLeader.delete(id);
      proposal.waiter!.reject(storeError.outcomeUnknown());
    }
  }

  /** What is on its way may take place or not; what waits will not. */
  end(): void {
    for (const { waiter } of this.#inLog.values()) waiter!.reject(storeError.outcomeUnknown());
    for (const proposal of this.#withLeader.values()) proposal.waiter!.reject(storeError.outcomeUnknown());
    this.#inLog.clear();
    this.#withLeader.clear();
    this.refusePending();
  }

  refusePending(): void {
    for (const { waiter } of this.#pending) waiter?.reject(storeError.stopped());
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #hasRoom(count: number, bytes: number): boolean {
    return this.#pending.length + count <= this.#limits.maxPending && this.#pendingBytes + bytes <= this.#limits.maxPendingBytes;
  }

  #push(proposal: Proposal): void {
    this.#pending.push(proposal);
    this.#pendingBytes += proposal.data.length;
  }
}
