// Forgetting what was compacted: history is freed a few milliseconds at a time, so that nobody waits for it.
// Invariant: one pruning at a time; what a pin holds back stays, and is freed after a later write.
// Called by: store.ts after applying. Next on the way: mvcc/state.ts, `prune`.

import { type Clock, Slicer } from "#lib";
import type { MvccState } from "./mvcc/state.ts";

const revisionsPerStep = 256;

export class Pruner {
  readonly #state: MvccState;
  readonly #clock: Clock;
  #running = false;

  constructor(state: MvccState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** Cheap when there is nothing to free. */
  consider(): void {
    if (this.#running || this.#state.history.first >= this.#state.compactRevision) return;
    this.#running = true;
    const slicer = new Slicer(this.#clock);
    const again = (): void => {
      let done = this.#state.prune(revisionsPerStep);
      while (!done && !slicer.spent) done = this.#state.prune(revisionsPerStep);
      if (done) this.#running = false;
      else void slicer.turn().then(again);
    };
    again();
  }
}
