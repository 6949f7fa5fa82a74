// Which writes may be made on the event loop itself, instead of on the disk's thread: a write that is alone, on a disk that is quick.
// Invariant: at most one in a turn of the loop; after a slow sync, or when somebody else came, the thread has the next ones.
// Called by: threaddisk.ts. Why: docs/decisions/0007-a-lone-write-on-the-loop.md. Next on the way: diskcalls.ts.

/** Two fifths of what the loop may be held up. */
const quickMs = 2;
const mostBytes = 64 * 1024;
/** So many in a row have to be quick and alone. Where a slow one came on the loop all the same, twice as many, until that many were quick there. */
const trust = { least: 8, most: 2048, growth: 2 } as const;

/** Looked at after so many writes here: who waits longer for a core than this, each time, is better off as two threads. */
const looks = { every: 64, waitMs: 0.05 } as const;

export class InPlace {
  readonly #turn: () => Promise<void>;
  readonly #coreWaitMs: () => number;
  #writesHere = 0;
  #waitedMs = 0;
  #needed: number = trust.least;
  #row = 0;
  #here = false;
  #usedUp = false;

  /** `turn` resolves when the loop has looked at all its sockets; `coreWaitMs` is how long this thread has waited for a core so far. */
  constructor(turn: () => Promise<void>, coreWaitMs: () => number) {
    this.#turn = turn;
    this.#coreWaitMs = coreWaitMs;
  }

  /** Asked once for each write that is synced; `took` tells afterwards how long it was. */
  may(alone: boolean, bytes: number): boolean {
    this.#here = false;
    if (!alone || this.#usedUp) this.#row = 0;
    if (!alone || bytes > mostBytes) return false;
    // Who writes alone comes once a turn: a second one in the same turn is a crowd that comes one by one.
    if (!this.#usedUp) {
      this.#usedUp = true;
      void this.#turn().then(() => {
        this.#usedUp = false;
      });
    }
    this.#here = this.#row >= this.#needed;
    return this.#here;
  }

  took(ms: number): void {
    if (ms > quickMs || (this.#here && this.#coresAreShort())) {
      this.#row = 0;
      if (this.#here) this.#needed = Math.min(this.#needed * trust.growth, trust.most);
      return;
    }
    this.#row += 1;
    if (this.#row < 2 * this.#needed) return;
    this.#needed = Math.max(this.#needed / 2, trust.least);
    this.#row = this.#needed;
  }

  #coresAreShort(): boolean {
    const place = this.#writesHere++ % looks.every;
    if (place !== 0 && place !== looks.every - 1) return false;
    const before = this.#waitedMs;
    this.#waitedMs = this.#coreWaitMs();
    return place !== 0 && this.#waitedMs - before > looks.every * looks.waitMs;
  }
}
