// Reading a range at one revision, a few keys at a time: between two steps writers may go on, the answer stays that of one moment.
// Invariant: `count` counts every live key of the range, whatever the limit; keys come in byte order.
// Called by: store.ts (ranges), snapshot/ (the base). Next on the way: state.ts.

import type { KeyRange, KeyValue, Revision } from "../contract.ts";
import type { KeyIndex } from "./keyindex.ts";

/** Above every key: keys are strings of characters below 256. */
export const beyondAllKeys = "\u0100";

/** The upper bound of a range; `end: "\0"` means every key from `start`, as etcd has it. */
export function upperBound(range: KeyRange): string {
  if (range.end === undefined) return `${range.start}\0`;
  return range.end === "\0" ? beyondAllKeys : range.end;
}

export interface ScanOptions {
  /** 0: no limit. */
  readonly limit: number;
  readonly countOnly: boolean;
}

export class RangeScan {
  readonly kvs: KeyValue[] = [];
  count = 0;
  readonly #index: KeyIndex;
  readonly #revision: Revision;
  readonly #options: ScanOptions;
  readonly #end: string;
  #next: string;

  constructor(index: KeyIndex, range: KeyRange, revision: Revision, options: ScanOptions) {
    this.#index = index;
    this.#revision = revision;
    this.#options = options;
    this.#next = range.start;
    this.#end = upperBound(range);
  }

  /** Looks at up to `maxKeys` keys; true when the range is done. */
  advance(maxKeys: number): boolean {
    if (this.#next >= this.#end) return true;
    const { limit, countOnly } = this.#options;
    let seen = 0;
    let last: string | undefined;
    this.#index.walk(this.#next, this.#end, (key, versions) => {
      last = key;
      const kv = versions.at(this.#revision);
      if (kv) {
        this.count++;
        if (!countOnly && (limit === 0 || this.kvs.length < limit)) this.kvs.push(kv);
      }
      return ++seen < maxKeys;
    });
    if (seen < maxKeys || last === undefined) return true;
    this.#next = `${last}\0`;
    return false;
  }
}
