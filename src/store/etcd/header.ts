// The head of an answer as bytes: who answers, at which revision, in which term.
// Invariant: the same bytes as the table would write; two ids of 64 bits are written once, not with each answer.
// Called by: face.ts, for the calls that are made most. Next on the way: codec.ts.

import { ByteWriter } from "../bytes.ts";
import { encode, type Sparse } from "./codec.ts";
import type { Identity } from "./etcd.ts";
import type { ResponseHeader } from "./messages.gen.ts";

const tags = { revision: 0x18, raftTerm: 0x20 } as const;
const numbersBytes = 20;

export class HeaderBytes {
  readonly #ids: Buffer;
  #revision = -1;
  #term = -1;
  #last: Buffer = Buffer.alloc(0);

  constructor({ clusterId, memberId }: Pick<Identity, "clusterId" | "memberId">) {
    this.#ids = encode("ResponseHeader", { cluster_id: clusterId, member_id: memberId });
  }

  at(revision: number, term: number): Sparse<ResponseHeader> {
    if (revision !== this.#revision || term !== this.#term) this.#write(revision, term);
    // As `encoded` in codec.ts: what is written already may stand for a message.
    return this.#last as unknown as Sparse<ResponseHeader>;
  }

  #write(revision: number, term: number): void {
    const writer = new ByteWriter(this.#ids.length + numbersBytes, (bytes) => Buffer.allocUnsafe(bytes)).raw(this.#ids);
    if (revision !== 0) writer.byte(tags.revision).varint(revision);
    if (term !== 0) writer.byte(tags.raftTerm).varint(term);
    this.#last = writer.finish();
    this.#revision = revision;
    this.#term = term;
  }
}
