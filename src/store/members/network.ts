// What a member's driver asks of the network, and the requests that members make of each other.
// Invariant: a message may be lost; a request ends with an answer or an error that says whether it may have arrived.
// Implemented by: peers/peers.ts, and in one process by tests. Next on the way: driver.ts.

import type { MemberId, Message, Snapshot } from "#raft";
import { ByteReader, ByteWriter } from "../bytes.ts";

export interface Network {
  send(message: Message): void;
  request(to: MemberId, kind: number, body: Uint8Array): Promise<Buffer>;
  sendSnapshot(message: Snapshot, write: (slice: (bytes: Uint8Array) => Promise<void>) => Promise<void>): Promise<boolean>;
}

/** Only a leader takes them; who is none says `notLeader`. */
export const requests = { propose: 1, renewLease: 2, leaseTimeToLive: 3, promote: 4 } as const;

/** An answer as text: the asker then surely knows that nothing happened. */
export const notLeader = "not leader";

export function encodeCommands(commands: readonly Uint8Array[]): Buffer {
  const writer = new ByteWriter(commands.reduce((sum, { length }) => sum + length + 8, 8)).varint(commands.length);
  for (const command of commands) writer.bytes(command);
  return writer.finish();
}

/** Each is a copy of its own: it becomes an entry's data. */
export function decodeCommands(body: Buffer): Uint8Array[] {
  const reader = new ByteReader(body);
  return Array.from({ length: reader.varint() }, () => {
    const view = reader.bytes();
    const data = Buffer.allocUnsafeSlow(view.length);
    view.copy(data);
    return data;
  });
}
