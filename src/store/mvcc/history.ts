// What each revision did, newest last: the source of watches and of causes.
// Invariant: revisions are contiguous from `first` to the state's revision; only compaction takes from the front.
// Called by: state.ts (append, drop), watch/ (read), snapshot/ (read). Next on the way: state.ts.

import { assert } from "#lib";
import type { EventBatch, Revision } from "../contract.ts";

export class History {
  #batches: EventBatch[] = [];
  /** Dropped batches still in front of the array; cut off in large pieces, so that dropping is cheap. */
  #head = 0;
  #last: number;

  /** `last` is the revision before the first batch. */
  constructor(last: number) {
    this.#last = last;
  }

  get last(): number {
    return this.#last;
  }

  /** The oldest revision here; `last + 1` if there is none. */
  get first(): number {
    return this.#last - (this.#batches.length - this.#head) + 1;
  }

  append(batch: EventBatch): void {
    assert(batch.revision === this.#last + 1, "every revision has one batch");
    this.#batches.push(batch);
    this.#last = batch.revision;
  }

  at(revision: number): EventBatch | undefined {
    return revision < this.first ? undefined : this.#batches[this.#head + revision - this.first];
  }

  /** Takes the oldest batch, if it is below `revision`. */
  dropBelow(revision: Revision): EventBatch | undefined {
    if (this.first >= revision) return undefined;
    const batch = this.#batches[this.#head];
    if (!batch) return undefined;
    (this.#batches as (EventBatch | undefined)[])[this.#head] = undefined;
    this.#head++;
    if (this.#head > 4096 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** The batches that are here now, for a reader that takes its time. */
  copy(): EventBatch[] {
    return this.#batches.slice(this.#head);
  }
}
