// Read your own writes: a key is not planned again before the informers have shown what its last pass wrote.
// Invariant: without this a loop whose cache lags would create or delete twice; after `patienceMs` it plans all the same.
// Called by: loop.ts. It compares resource versions, which Kubernetes declares comparable, so it needs no counting of events.

import type { AnyObject, Informer, Live } from "#client";

/** Upstream's bound on expectations: a lost effect must not stop a key for ever. */
const patienceMs = 300_000;
const none: readonly string[] = [];

interface Removed {
  readonly resource: string;
  readonly key: string;
  readonly uid: string;
}

interface Waiting {
  sinceMs: number;
  /** Of each resource the newest revision that was written: whoever has seen that has seen the others. */
  readonly written: Map<string, number>;
  /** These uids are to vanish or to show their deletionTimestamp. */
  removed: Removed[];
}

export class Freshness {
  readonly #informers: ReadonlyMap<string, Informer<AnyObject>>;
  readonly #keys = new Map<string, Waiting>();

  constructor(informers: ReadonlyMap<string, Informer<AnyObject>>) {
    this.#informers = informers;
  }

  wrote(key: string, resource: string, stored: Live<AnyObject>, nowMs: number): void {
    const waiting = this.#waiting(key, resource, nowMs);
    const revision = Number(stored.metadata.resourceVersion);
    if (waiting && !(waiting.written.get(resource)! >= revision)) waiting.written.set(resource, revision);
  }

  removed(key: string, resource: string, removed: { key: string; uid: string }, nowMs: number): void {
    this.#waiting(key, resource, nowMs)?.removed.push({ resource, ...removed });
  }

  /** True when everything that the key wrote can be seen. */
  fresh(key: string, nowMs: number): boolean {
    const waiting = this.#keys.get(key);
    if (!waiting) return true;
    for (const [resource, revision] of waiting.written)
      if (Number(this.#informers.get(resource)!.resourceVersion) >= revision) waiting.written.delete(resource);
    waiting.removed = waiting.removed.filter((one) => !this.#gone(one));
    if (waiting.written.size + waiting.removed.length > 0 && nowMs - waiting.sinceMs < patienceMs) return false;
    this.#keys.delete(key);
    return true;
  }

  /** Keys that wait for something of this resource: its informer has just moved. */
  waitingFor(resource: string): readonly string[] {
    if (this.#keys.size === 0) return none;
    const keys: string[] = [];
    for (const [key, { written, removed }] of this.#keys)
      if (written.has(resource) || removed.some((one) => one.resource === resource)) keys.push(key);
    return keys;
  }

  forget(key: string): void {
    this.#keys.delete(key);
  }

  /** Undefined: no informer of ours follows the resource, and what nobody follows cannot be awaited. */
  #waiting(key: string, resource: string, nowMs: number): Waiting | undefined {
    if (!this.#informers.has(resource)) return undefined;
    const waiting: Waiting = this.#keys.get(key) ?? { sinceMs: nowMs, written: new Map(), removed: [] };
    waiting.sinceMs = nowMs;
    this.#keys.set(key, waiting);
    return waiting;
  }

  #gone({ resource, key, uid }: Removed): boolean {
    const object = this.#informers.get(resource)!.store.get(key);
    return object?.metadata.uid !== uid || object.metadata.deletionTimestamp !== undefined;
  }
}
