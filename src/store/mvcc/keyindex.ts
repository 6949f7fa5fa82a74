// The index of keys: a Map for points, a B+tree for ranges, both on the same versions.
// Invariant: a key is in both or in neither; order is that of bytes.
// Called by: state.ts and scan.ts. Next on the way: versions.ts.

import sortedBtree from "sorted-btree";
import type { KeyVersions } from "./versions.ts";

export const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export class KeyIndex {
  readonly #points = new Map<string, KeyVersions>();
  // The package is CommonJS: its class is the module's `default` property.
  readonly #ordered = new sortedBtree.default<string, KeyVersions>(undefined, byBytes);

  get(key: string): KeyVersions | undefined {
    return this.#points.get(key);
  }

  add(key: string, versions: KeyVersions): void {
    this.#points.set(key, versions);
    this.#ordered.set(key, versions);
  }

  delete(key: string): void {
    this.#points.delete(key);
    this.#ordered.delete(key);
  }

  /** Visits keys in [start, end) until `visit` says false. */
  walk(start: string, end: string, visit: (key: string, versions: KeyVersions) => boolean): void {
    this.#ordered.forRange(start, end, false, (key, versions) => (visit(key, versions) ? undefined : { break: true }));
  }
}
