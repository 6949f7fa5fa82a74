// Why writes of this process happened: a foreign store has no place for it, so it is remembered here.
// Invariant: bounded; what is forgotten or was written by others has no cause, and nothing needs one to be right.
// Called by: store.ts around each write, watch.ts for each event, which may be here before the write's own answer.
// Next on the way: the watch cache, which hands causes to controllers.

import type { Cause, Revision, TxnRequest } from "../contract.ts";

const remembered = 8192;

type Operation = TxnRequest["operation"];

export interface Writing {
  readonly operation: Operation;
  readonly cause: Cause | undefined;
}

export class Causes {
  readonly #byRevision = new Map<Revision, Cause>();
  readonly #writing = new Map<string, Set<Writing>>();

  begin({ key, operation, cause }: TxnRequest): Writing {
    const writing = { operation, cause };
    if (cause === undefined) return writing;
    const before = this.#writing.get(key);
    if (before) before.add(writing);
    else this.#writing.set(key, new Set([writing]));
    return writing;
  }

  /** `revision`: of the write, if it took place. */
  end(key: string, writing: Writing, revision?: Revision): void {
    const all = this.#writing.get(key);
    if (all?.delete(writing) && all.size === 0) this.#writing.delete(key);
    if (revision !== undefined && writing.cause) this.#keep(revision, writing.cause);
  }

  #keep(revision: Revision, cause: Cause): void {
    this.#byRevision.set(revision, cause);
    if (this.#byRevision.size > remembered) this.#byRevision.delete(this.#byRevision.keys().next().value!);
  }

  of(revision: Revision): Cause | undefined {
    return this.#byRevision.get(revision);
  }

  /** Of an event: as remembered, or of a write to this key that waits for its answer and wrote just this. */
  ofEvent(revision: Revision, key: string, value: Uint8Array | undefined): Cause | undefined {
    const known = this.#byRevision.get(revision);
    if (known) return known;
    for (const { operation, cause } of this.#writing.get(key) ?? []) {
      const same = operation.type === "put" ? value !== undefined && Buffer.compare(operation.value, value) === 0 : value === undefined;
      if (!same || !cause) continue;
      this.#keep(revision, cause);
      return cause;
    }
    return undefined;
  }
}
