// Which writes may be made on the event loop itself, instead of on the disk's thread: a write that is alone, on a disk that is quick.
// Invariant: at most one in a turn of the loop; after a slow sync, or when somebody else came, the thread has the next ones.
// Called by: threaddisk.ts. Why: docs/decisions/0007-a-lone-write-on-the-loop.md. Next on the way: diskcalls.ts.

/** As long as a slice of anything else on the loop. */
const quickMs = 2;
const mostBytes = 64 * 1024;
/** So many in a row were quick and alone. */
const trustAfter = 8;

export class InPlace {
  readonly #turn: () => Promise<void>;
  #row = 0;
  #usedUp = false;

  /** `turn` resolves when the loop has looked at all its sockets. */
  constructor(turn: () => Promise<void>) {
    this.#turn = turn;
  }

  /** Asked once for each write that is synced; `took` tells afterwards how long it was. */
  may(alone: boolean, bytes: number): boolean {
    if (!alone || this.#usedUp) this.#row = 0;
    if (!alone || bytes > mostBytes) return false;
    // Who writes alone comes once a turn: a second one in the same turn is a crowd that comes one by one.
    if (!this.#usedUp) {
      this.#usedUp = true;
      void this.#turn().then(() => {
        this.#usedUp = false;
      });
    }
    return this.#row >= trustAfter;
  }

  took(ms: number): void {
    this.#row = ms <= quickMs ? this.#row + 1 : 0;
  }
}
