// Linearizable reads: those who ask in one turn share one question to the leader, who asks a majority whether it still leads.
// Invariant: nobody is let through before everything is applied that was acknowledged to anybody before the asking.
// Called by: driver.ts. See raft/readindex.ts for the question. Next on the way: driver.ts.

import { storeError } from "../errors.ts";

interface Reader {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly untilMs: number;
}

/** As etcd: a question that may be lost is asked again. */
const askAgainMs = 500;

export class Reads {
  readonly #ask: (id: number) => void;
  readonly #timeoutMs: number;
  /** For the next question. */
  #waiting: Reader[] = [];
  #asked: { readonly id: number; readonly atMs: number; readonly readers: Reader[] } | undefined;
  #confirmed: { readonly index: number; readonly readers: Reader[] }[] = [];
  #id = 0;

  constructor(ask: (id: number) => void, timeoutMs: number) {
    this.#ask = ask;
    this.#timeoutMs = timeoutMs;
  }

  read(nowMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, untilMs: nowMs + this.#timeoutMs });
      // A microtask, so that all who ask in this turn share one question.
      if (this.#waiting.length === 1 && !this.#asked) queueMicrotask(() => this.next(nowMs));
    });
  }

  /** Also when there is a new leader to ask. */
  next(nowMs: number): void {
    if (this.#asked || this.#waiting.length === 0) return;
    const readers = this.#waiting;
    this.#waiting = [];
    this.#asked = { id: ++this.#id, atMs: nowMs, readers };
    this.#ask(this.#id);
  }

  answered(id: number, index: number | undefined, appliedIndex: number, nowMs: number): void {
    const asked = this.#asked;
    // Of a question that was asked again meanwhile.
    if (asked?.id !== id) return;
    this.#asked = undefined;
    if (index === undefined) this.#waiting = [...asked.readers, ...this.#waiting];
    else {
      this.#confirmed.push({ index, readers: asked.readers });
      this.applied(appliedIndex);
      this.next(nowMs);
    }
  }

  applied(index: number): void {
    while (this.#confirmed.length > 0 && this.#confirmed[0]!.index <= index) {
      for (const { resolve } of this.#confirmed.shift()!.readers) resolve();
    }
  }

  tick(nowMs: number): void {
    const asked = this.#asked;
    if (asked && nowMs - asked.atMs >= askAgainMs) {
      this.#asked = undefined;
      this.#waiting = [...asked.readers, ...this.#waiting];
    }
    const late = this.#waiting.filter(({ untilMs }) => untilMs <= nowMs);
    if (late.length > 0) this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > nowMs);
    for (const { reject } of late) reject(storeError.outcomeUnknown());
    this.next(nowMs);
  }

  end(): void {
    const all = [...this.#waiting, ...(this.#asked?.readers ?? []), ...this.#confirmed.flatMap(({ readers }) => readers)];
    this.#waiting = [];
    this.#asked = undefined;
    this.#confirmed = [];
    for (const { reject } of all) reject(storeError.stopped());
  }
}
