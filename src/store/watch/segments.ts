// Which watchers want a key: their ranges cut the keys into segments, and each segment knows its watchers.
// Invariant: `find(key)` gives exactly the members whose range holds the key; the arrays it returns are never changed afterwards.
// Called by: hub.ts for each event: one binary search, however many watchers there are. Next on the way: hub.ts.

import type { KeyRange } from "../contract.ts";
import { upperBound } from "../mvcc/scan.ts";

interface Segment<Member> {
  readonly start: string;
  readonly members: readonly Member[];
}

export class Segments<Member extends { readonly range: KeyRange }> {
  /** Watchers of one key each are many and need no segments. */
  readonly #points = new Map<string, readonly Member[]>();
  readonly #ranges = new Set<Member>();
  /** Rebuilt when first asked after a change: watches come and go far more rarely than events. */
  #segments: readonly Segment<Member>[] | undefined;

  add(member: Member): void {
    const { start, end } = member.range;
    if (end === undefined) {
      this.#points.set(start, [...(this.#points.get(start) ?? []), member]);
      return;
    }
    this.#ranges.add(member);
    this.#segments = undefined;
  }

  delete(member: Member): void {
    const { start, end } = member.range;
    if (end === undefined) {
      const rest = (this.#points.get(start) ?? []).filter((one) => one !== member);
      if (rest.length > 0) this.#points.set(start, rest);
      else this.#points.delete(start);
      return;
    }
    if (this.#ranges.delete(member)) this.#segments = undefined;
  }

  find(key: string): readonly Member[] {
    this.#segments ??= this.#build();
    const points = this.#points.get(key);
    const ranges = this.#segmentOf(key)?.members ?? [];
    return points ? [...points, ...ranges] : ranges;
  }

  #segmentOf(key: string): Segment<Member> | undefined {
    const segments = this.#segments!;
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (segments[middle]!.start <= key) low = middle + 1;
      else high = middle;
    }
    return segments[low - 1];
  }

  /** A sweep over all bounds in order; the members between two neighbouring bounds are the same for every key. */
  #build(): Segment<Member>[] {
    const bounds = new Map<string, { opens: Member[]; closes: Member[] }>();
    const boundAt = (key: string): { opens: Member[]; closes: Member[] } => {
      let bound = bounds.get(key);
      if (!bound) bounds.set(key, (bound = { opens: [], closes: [] }));
      return bound;
    };
    for (const member of this.#ranges) {
      const end = upperBound(member.range);
      if (end <= member.range.start) continue;
      boundAt(member.range.start).opens.push(member);
      boundAt(end).closes.push(member);
    }
    const open = new Set<Member>();
    return [...bounds.keys()].sort().map((start) => {
      const bound = bounds.get(start)!;
      for (const member of bound.closes) open.delete(member);
      for (const member of bound.opens) open.add(member);
      return { start, members: [...open] };
    });
  }
}
