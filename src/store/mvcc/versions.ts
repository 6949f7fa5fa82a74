// One key's life: its newest version and the older ones that compaction has left.
// Invariant: versions ascend by modRevision; a tombstone is a version numbered 0 with an empty value, as etcd's delete event shows it.
// Called by: state.ts and scan.ts. Next on the way: history.ts.

import type { KeyValue, Revision } from "../contract.ts";

export const isLive = (kv: KeyValue): boolean => kv.version > 0;

/** What one version costs, counted alike everywhere. */
export const sizeOf = (kv: KeyValue): number => kv.key.length + kv.value.length;

export class KeyVersions {
  newest: KeyValue;
  #older: KeyValue[] | undefined;

  constructor(first: KeyValue) {
    this.newest = first;
  }

  push(kv: KeyValue): void {
    if (this.#older) this.#older.push(this.newest);
    else this.#older = [this.newest];
    this.newest = kv;
  }

  /** The key as it stood at `revision`; undefined if it did not exist. */
  at(revision: Revision): KeyValue | undefined {
    if (this.newest.modRevision <= revision) return isLive(this.newest) ? this.newest : undefined;
    const older = this.#older ?? [];
    for (let index = older.length - 1; index >= 0; index--) {
      const kv = older[index]!;
      if (kv.modRevision <= revision) return isLive(kv) ? kv : undefined;
    }
    return undefined;
  }

  /** Forgets what no read at or after `revision` can see; says how many bytes that frees. */
  prune(revision: Revision): number {
    const older = this.#older;
    if (!older) return 0;
    let drop = 0;
    // The last version at or before `revision` stays: it is what a read at `revision` sees.
    while (drop < older.length && (older[drop + 1] ?? this.newest).modRevision <= revision) drop++;
    let freed = 0;
    for (const kv of older.splice(0, drop)) freed += sizeOf(kv);
    if (older.length === 0) this.#older = undefined;
    return freed;
  }

  /** True when only a tombstone is left that no read at or after `revision` can tell from nothing. */
  goneAt(revision: Revision): boolean {
    return !this.#older && !isLive(this.newest) && this.newest.modRevision <= revision;
  }
}
