// A WebSocket as a plain stream of bytes: what a message holds is the next piece, wherever it was cut.
// Invariant: back-pressure both ways; the end of the stream is the WebSocket's goodbye.
// Called by: the kubelet, for SPDY inside a WebSocket (port-forward of newer kubectl). Next on the way: ../spdy/connection.ts.

import { Duplex } from "node:stream";
import type { Clock } from "#lib";
import type { WebSocketConnection } from "./connection.ts";

const pieceBytes = 32 * 1024;
const lingerMs = 5000;

export function webSocketTunnel(connection: WebSocketConnection, clock: Clock): Duplex {
  let pulling = false;
  const tunnel: Duplex = new Duplex({
    allowHalfOpen: true,
    read() {
      if (pulling) return;
      pulling = true;
      void connection.receive().then((message) => {
        pulling = false;
        if (message === undefined) tunnel.push(null);
        else if (message.length === 0) tunnel._read(pieceBytes);
        else tunnel.push(message);
      });
    },
    write: (bytes: Buffer, _encoding, done) => void sendPieces(connection, bytes).then(() => done()),
    final(done) {
      connection.close(1000, "");
      done();
    },
    destroy(error, done) {
      connection.close(1000, "");
      done(error);
    },
  });
  tunnel.on("error", () => undefined);
  void connection.closed.then(() => {
    // What came before the end is still read, for a moment.
    const cut = clock.after(lingerMs, () => tunnel.destroy());
    tunnel.once("close", () => cut.cancel());
    if (tunnel.readableLength === 0) tunnel.destroy();
  });
  return tunnel;
}

/** Small enough for the read limits of the clients that tunnel. */
async function sendPieces(connection: WebSocketConnection, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) await connection.send([bytes.subarray(at, at + pieceBytes)]);
}
