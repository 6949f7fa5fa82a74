// Compaction of a store that several API servers share: whoever writes `compact_rev_key` first in a round compacts, the others learn of it.
// Invariant: kube-apiserver's own key, compare and value, so that one of those beside us takes turns with us.
// Called by: store.ts for `compact`. Next on the way: calls.ts.

import type { Revision } from "../contract.ts";
import { revision as toRevision } from "../revision.ts";
import type { KeyValue } from "../etcd/messages.gen.ts";
import type { RemoteCalls } from "./calls.ts";

const key = "compact_rev_key";
const equal = 0;
const ofVersion = 0;

export class Compaction {
  readonly #calls: RemoteCalls;
  /** How often the key had been written when we last looked: the number of the round. */
  #version = 0;
  /** As far as we know. */
  revision: Revision = toRevision(0);

  constructor(calls: RemoteCalls) {
    this.#calls = calls;
  }

  async learn(): Promise<void> {
    const { kvs } = await this.#calls.call("Range", { key });
    this.#seen(kvs[0]);
  }

  #seen(kv: KeyValue | undefined): void {
    if (!kv) return;
    this.#version = kv.version;
    const value = Number(Buffer.from(kv.value).toString("latin1"));
    if (Number.isSafeInteger(value) && value > this.revision) this.revision = toRevision(value);
  }

  /** Not an error if somebody else was first: then the store is compacted to where that one found right. */
  async compact(revision: Revision): Promise<void> {
    const { succeeded, responses } = await this.#calls.call("Txn", {
      compare: [{ result: equal, target: ofVersion, key, version: this.#version }],
      success: [{ request_put: { key, value: Buffer.from(String(revision)) } }],
      failure: [{ request_range: { key } }],
    });
    if (!succeeded) return this.#seen(responses[0]?.response_range?.kvs[0]);
    this.#version++;
    await this.#calls.call("Compact", { revision });
    if (revision > this.revision) this.revision = revision;
  }
}
