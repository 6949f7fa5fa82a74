// Streams inside one WebSocket: the first byte of each message names the channel (the *.channel.k8s.io subprotocols).
// Invariant: one message at a time goes to its channel, and the next is read when that channel took it; `255, N` ends channel N (v5).
// Called by: the kubelet's streams. Next on the way: connection.ts.

import { Readable, Writable } from "node:stream";
import type { WebSocketConnection } from "./connection.ts";

const closeChannel = 255;
const bufferBytes = 64 * 1024;

export class WebSocketChannels {
  readonly #connection: WebSocketConnection;
  readonly #inputs = new Map<number, Readable>();
  readonly #wanted = new Map<number, () => void>();
  readonly #canClose: boolean;

  constructor(connection: WebSocketConnection, options: { readonly closeSignal: boolean }) {
    this.#connection = connection;
    this.#canClose = options.closeSignal;
  }

  /** What the other end sends on `channel`. All inputs are made before `start`. */
  input(channel: number): Readable {
    const wake = (): void => {
      this.#wanted.get(channel)?.();
      this.#wanted.delete(channel);
    };
    const readable = new Readable({
      highWaterMark: bufferBytes,
      read: wake,
      destroy: (error, done) => {
        wake();
        done(error);
      },
    });
    readable.on("error", () => undefined);
    this.#inputs.set(channel, readable);
    return readable;
  }

  output(channel: number): Writable {
    const head = Buffer.from([channel]);
    const writable = new Writable({
      highWaterMark: bufferBytes,
      write: (bytes: Buffer, _encoding, done) => void this.#connection.send([head, bytes]).then(() => done()),
    });
    writable.on("error", () => undefined);
    return writable;
  }

  /** Reads until the other end goes; resolves then, after all inputs have ended. */
  async start(): Promise<void> {
    for (let message = await this.#connection.receive(); message !== undefined; message = await this.#connection.receive()) {
      const channel = message[0];
      if (channel === undefined) continue;
      if (channel === closeChannel && this.#canClose) this.#end(this.#inputs.get(message[1] ?? closeChannel));
      else await this.#deliver(channel, message.subarray(1));
    }
    for (const input of this.#inputs.values()) this.#end(input);
  }

  async #deliver(channel: number, bytes: Buffer): Promise<void> {
    const input = this.#inputs.get(channel);
    if (!input || input.destroyed || input.readableEnded || bytes.length === 0) return;
    if (input.push(bytes)) return;
    const wanted = new Promise<void>((resolve) => this.#wanted.set(channel, resolve));
    await Promise.race([wanted, this.#connection.closing]);
  }

  #end(input: Readable | undefined): void {
    if (input && !input.destroyed && !input.readableEnded) input.push(null);
  }
}
