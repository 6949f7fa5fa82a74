// A command that a follower has sent to its leader: wrapped with who waits for its outcome.
// Invariant: the wrapped command is applied like any other; only the member that sent it looks at the number.
// Called by: proposals.ts (wraps), applier.ts (unwraps), offline/dump.ts. Layout: docs/formats/store.md. Next on the way: proposals.ts.

import { ByteReader, ByteWriter } from "../bytes.ts";

/** Beside the kinds of mvcc/command.ts. */
const kind = 12;

export interface Forwarded {
  readonly origin: number;
  readonly id: number;
  readonly data: Buffer;
}

export function wrap(origin: number, id: number, data: Uint8Array): Buffer {
  return new ByteWriter(data.length + 16).byte(kind).varint(origin).varint(id).raw(data).finish();
}

/** Undefined for a command that came to its leader directly. */
export function unwrap(data: Uint8Array): Forwarded | undefined {
  if (data[0] !== kind) return undefined;
  const reader = new ByteReader(data);
  reader.byte();
  return { origin: reader.varint(), id: reader.varint(), data: reader.rest() };
}
