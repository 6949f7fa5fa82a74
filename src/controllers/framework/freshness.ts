// Read your own writes: a key is not planned again before the informers have shown what its last pass wrote.
// Invariant: without this a loop whose cache lags would create or delete twice; after `patienceMs` it plans all the same.
// Called by: loop.ts. It compares resource versions, which Kubernetes declares comparable, so it needs no counting of events.

import type { AnyObject, Informer, Live } from "#client";

/** Upstream's bound on expectations: a lost effect must not stop a key for ever. */
const patienceMs = 300_000;

interface Awaited {
  readonly resource: string;
  readonly resourceVersion: number;
  /** Set for a deletion: this uid is to vanish or to show its deletionTimestamp. */
  readonly removed?: { key: string; uid: string };
}

interface Waiting {
  sinceMs: number;
  awaited: Awaited[];
}

export class Freshness {
  readonly #informers: ReadonlyMap<string, Informer<AnyObject>>;
  readonly #keys = new Map<string, Waiting>();

  constructor(informers: ReadonlyMap<string, Informer<AnyObject>>) {
    this.#informers = informers;
  }

  wrote(key: string, resource: string, stored: Live<AnyObject>, nowMs: number): void {
    this.#add(key, { resource, resourceVersion: Number(stored.metadata.resourceVersion) }, nowMs);
  }

  removed(key: string, resource: string, removed: { key: string; uid: string }, nowMs: number): void {
    this.#add(key, { resource, resourceVersion: 0, removed }, nowMs);
  }

  /** True when everything that the key wrote can be seen. */
  fresh(key: string, nowMs: number): boolean {
    const waiting = this.#keys.get(key);
    if (!waiting) return true;
    waiting.awaited = waiting.awaited.filter((one) => !this.#seen(one));
    if (waiting.awaited.length > 0 && nowMs - waiting.sinceMs < patienceMs) return false;
    this.#keys.delete(key);
    return true;
  }

  /** Keys that wait for something of this resource: its informer has just moved. */
  waitingFor(resource: string): string[] {
    const keys: string[] = [];
    for (const [key, waiting] of this.#keys) if (waiting.awaited.some((one) => one.resource === resource)) keys.push(key);
    return keys;
  }

  forget(key: string): void {
    this.#keys.delete(key);
  }

  #add(key: string, awaited: Awaited, nowMs: number): void {
    // What no informer of ours follows cannot be awaited.
    if (!this.#informers.has(awaited.resource)) return;
    const waiting = this.#keys.get(key) ?? { sinceMs: nowMs, awaited: [] };
    waiting.sinceMs = nowMs;
    waiting.awaited.push(awaited);
    this.#keys.set(key, waiting);
  }

  #seen({ resource, resourceVersion, removed }: Awaited): boolean {
    const informer = this.#informers.get(resource)!;
    if (!removed) return Number(informer.resourceVersion) >= resourceVersion;
    const object = informer.store.get(removed.key);
    return object?.metadata.uid !== removed.uid || object.metadata.deletionTimestamp !== undefined;
  }
}
