// Decision records: what woke a loop, what it saw, what it did and why. The answer to "why did it do that?".
// Invariant: bounded: the newest `limit` records of each controller; a record never holds an object, only names and revisions.
// Called by: loop.ts (writes), `dhow why` and debugging pages (read). Next on the way: loop.ts.

import type { SpanContext } from "#lib";

/** One reason for which a key was put into the queue. */
export interface Woken {
  /** `pods default/web-1`, or `timer`, `retry`, `start`. */
  readonly name: string;
  readonly revision?: number;
  readonly cause?: SpanContext;
}

export interface Decision {
  readonly controller: string;
  readonly key: string;
  readonly atMs: number;
  readonly tookMs: number;
  readonly span: SpanContext;
  readonly woken: readonly Woken[];
  /** `deployments.apps default/web@123` */
  readonly saw: readonly string[];
  readonly actions: readonly string[];
  readonly decision: string;
  readonly error?: string;
}

export interface DecisionSink {
  record(decision: Decision): void;
}

export class DecisionRing implements DecisionSink {
  readonly #limit: number;
  readonly #records = new Map<string, Decision[]>();

  constructor(limit = 200) {
    this.#limit = limit;
  }

  record(decision: Decision): void {
    const records = this.#records.get(decision.controller) ?? [];
    records.push(decision);
    if (records.length > this.#limit) records.shift();
    this.#records.set(decision.controller, records);
  }

  /** Newest last; of one controller, or of all. */
  list(controller?: string): Decision[] {
    if (controller !== undefined) return [...(this.#records.get(controller) ?? [])];
    return [...this.#records.values()].flat().sort((a, b) => a.atMs - b.atMs);
  }
}
