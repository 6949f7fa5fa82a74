// Election.Observe: the leader as it is, and every leader and every word of it from then on.
// Invariant: what is sent is ordered; of leaders that came and went unseen none is sent.
// Called by: rpc/index.ts. Next on the way: election.ts.

import type { EventBatch, KeyValue, Revision, StoreWatch } from "../../../contract.ts";
import { type Etcd, type MessageStream, streaming } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { kvOf } from "../../kv.ts";
import { afterPrefix } from "../queue.ts";
import { leaderOf } from "./election.ts";

class Observation {
  readonly #etcd: Etcd;
  readonly #stream: MessageStream<"Observe">;
  readonly #name: string;
  readonly #watch: StoreWatch;
  #leader: KeyValue | undefined;
  /** What the last answer knew. */
  #seen: number;

  constructor(etcd: Etcd, stream: MessageStream<"Observe">, name: string) {
    this.#etcd = etcd;
    this.#stream = stream;
    this.#name = name;
    this.#seen = etcd.store.state.revision;
    const prefix = `${name}/`;
    this.#watch = etcd.store.watch(
      { start: prefix, end: afterPrefix(prefix), startRevision: (this.#seen + 1) as Revision },
      {
        batch: (batch) => this.#batch(batch),
        progress: () => undefined,
        closed: (error) => {
          if (error) stream.end(etcdError("stopped"));
        },
      },
    );
    stream.signal.addEventListener("abort", () => this.#watch.close());
    const leader = leaderOf(etcd, name);
    if (leader) this.#send(leader, this.#seen);
  }

  #batch({ revision, events }: EventBatch): void {
    for (const { type, kv } of events) {
      if (revision <= this.#seen && type === "put") continue;
      if (type === "put" && (!this.#leader || kv.key === this.#leader.key)) this.#send(kv, revision);
      else if (type === "delete" && kv.key === this.#leader?.key) {
        this.#leader = undefined;
        const next = leaderOf(this.#etcd, this.#name);
        if (next) this.#send(next, this.#etcd.store.state.revision);
      }
    }
  }

  #send(kv: KeyValue, revision: number): void {
    this.#leader = kv;
    this.#seen = revision;
    this.#stream.send({ header: this.#etcd.header(revision), kv: kvOf(kv) });
  }
}

export const observe = streaming("Observe", (etcd, stream) => {
  let observation: Observation | undefined;
  stream.onMessage(
    ({ name }) => {
      etcd.access.read(stream, `${name}/`, afterPrefix(`${name}/`));
      observation ??= new Observation(etcd, stream, name);
    },
    () => undefined,
  );
});
