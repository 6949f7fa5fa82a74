// A bounded queue between a producer that must not wait and a consumer that may be slow.
// Invariant: never holds more than `limit` items; at the bound `push` says false and the owner decides who loses.
// Called by: watches, streams, trace files. Next on the way: slice.ts.

export class BoundedQueue<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = [];
  readonly #limit: number;
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#items.length;
  }

  /** False when the queue is full or ended: the item was not taken. */
  push(item: Item): boolean {
    if (this.#ended || this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** No more items will come; what is queued is still delivered, then the iteration ends or throws `error`. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** Takes everything that is queued right now; waits while there is nothing. An empty array means the end. */
  async takeAll(): Promise<Item[]> {
    while (this.#items.length === 0) {
      if (this.#ended) {
        if (this.#error) throw this.#error;
        return [];
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return this.#items.splice(0);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Item> {
    for (;;) {
      const items = await this.takeAll();
      if (items.length === 0) return;
      yield* items;
    }
  }
}
