// Slots: at most so many pieces of work at a time, the others wait in the order they came.
// Invariant: never more than `limit` run at once; a piece that fails gives its slot back like any other.
// Called by: kubelet (pods that start), client (events that are written). Next on the way: slice.ts, which shares time instead of places.

export type Slots = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function slots(limit: number): Slots {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
