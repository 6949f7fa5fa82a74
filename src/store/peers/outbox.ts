// One snapshot to one member, on a connection of its own beside the messages: in slices, as fast as the other side takes them.
// Invariant: at most one slice is held here; resolves true only when the other side says that it has the whole.
// Called by: peers.ts. Next on the way: inbox.ts, the other end.

import type { Socket } from "node:net";
import type { Clock } from "#lib";
import type { Snapshot } from "#raft";
import { dial, type PeerTls } from "./address.ts";
import { FrameReader, frameKinds, writeFrame } from "./frames.ts";
import { encodeHello, type Hello } from "./hello.ts";
import { encodeMessage } from "./messages.ts";

export interface SnapshotSending {
  readonly clock: Clock;
  readonly tls: PeerTls | undefined;
  readonly url: string;
  readonly hello: Hello;
  readonly message: Snapshot;
  /** Gives the file's bytes to `slice`, one piece after the other. */
  readonly write: (slice: (bytes: Uint8Array) => Promise<void>) => Promise<void>;
}

const silentMs = 30_000;

export async function sendSnapshot({ clock, tls, url, hello, message, write }: SnapshotSending): Promise<boolean> {
  const { promise: answered, resolve: answer } = Promise.withResolvers<boolean>();
  const { promise: connected, resolve: connect, reject: fail } = Promise.withResolvers<undefined>();
  const reader = new FrameReader();
  const socket: Socket = dial(url, tls, () => writeFrame(socket, frameKinds.hello, encodeHello(hello)));
  socket.setTimeout(silentMs, () => socket.destroy());
  socket.on("error", () => undefined);
  socket.once("close", () => {
    answer(false);
    fail(new Error("the connection is lost"));
  });
  socket.on("data", (chunk: Buffer) => {
    for (const { kind, payload } of reader.push(chunk)) {
      if (kind === frameKinds.welcome) connect(undefined);
      else if (kind === frameKinds.response) answer(payload[0] === 1);
      else socket.destroy();
    }
  });
  const late = clock.after(silentMs, () => fail(new Error("no welcome")));
  try {
    await connected;
    writeFrame(socket, frameKinds.message, encodeMessage(message));
    await write(async (bytes) => {
      writeFrame(socket, frameKinds.slice, bytes);
      await drained(socket);
    });
    writeFrame(socket, frameKinds.end);
    return await answered;
  } catch {
    return false;
  } finally {
    late.cancel();
    socket.destroy();
  }
}

/** The bytes may be reused after it. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(new Error("the connection is lost"));
    const lost = (): void => reject(new Error("the connection is lost"));
    socket.once("close", lost);
    socket.write(Buffer.alloc(0), () => {
      socket.off("close", lost);
      if (socket.destroyed) lost();
      else resolve();
    });
  });
}
