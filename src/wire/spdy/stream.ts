// One SPDY stream as a Duplex: bytes both ways, each half ending on its own.
// Invariant: reading pulls (the connection waits while nobody reads), a write is done when the socket took it.
// Called by: connection.ts, which makes them. Next on the way: whoever pipes it.

import { Duplex } from "node:stream";
import type { SpdyHeaders } from "./headers.ts";

export interface StreamOwner {
  data(stream: SpdyStream, bytes: Buffer, done: (error?: Error | null) => void): void;
  finish(stream: SpdyStream, done: (error?: Error | null) => void): void;
  gone(stream: SpdyStream): void;
}

const bufferBytes = 256 * 1024;

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  /** The other end has sent its FIN; ours is sent when the writable side finishes. */
  remoteEnded = false;
  localEnded = false;
  #discarding = false;
  readonly #owner: StreamOwner;
  #wanted: (() => void) | undefined;

  constructor(owner: StreamOwner, id: number, headers: SpdyHeaders) {
    super({ allowHalfOpen: true, readableHighWaterMark: bufferBytes, writableHighWaterMark: bufferBytes });
    this.#owner = owner;
    this.id = id;
    this.headers = headers;
    this.on("error", () => undefined);
  }

  /** Resolves when the reader wants more, or will never want any. */
  deliver(bytes: Buffer): Promise<void> | undefined {
    if (this.#discarding || this.destroyed || this.remoteEnded || this.push(bytes)) return undefined;
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  /** Whatever comes from now on interests nobody. */
  discard(): void {
    this.#discarding = true;
    this._read();
  }

  deliverEnd(): void {
    if (this.remoteEnded) return;
    this.remoteEnded = true;
    this.push(null);
  }

  override _read(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#owner.data(this, bytes, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#owner.finish(this, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    this.#owner.gone(this);
    done(error);
  }
}
