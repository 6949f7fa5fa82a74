// One stream of a connection: a request that comes in, an answer that goes out as far as the windows let it.
// Invariant: the answer is headers, data, perhaps trailers, in this order; what the windows hold back waits here and is counted.
// Called by: connection.ts (what comes in), whoever answers. Next on the way: connection.ts.

import type { HttpHeaders } from "../http.ts";
import { flags, frameTypes, maxFrameBytes } from "./frames.ts";
import { encodeHeaders, type HeaderField } from "./hpack.ts";

const noBytes = Buffer.alloc(0);

/** What a stream needs of its connection. */
export interface StreamWire {
  /** How much the connection may still send; taken by `take`. */
  take(bytes: number): number;
  /** Its payload is read until the end of this turn. */
  frame(type: number, flag: number, stream: number, payload: Uint8Array): void;
  /** The stream waits for the connection's window. */
  blocked(stream: Http2Stream): void;
  queued(bytes: number): void;
  reset(stream: Http2Stream, code: number): void;
  finished(stream: Http2Stream): void;
}

export interface StreamReader {
  data(chunk: Buffer): void;
  end(): void;
}

export class Http2Stream {
  readonly id: number;
  readonly headers: HttpHeaders;
  readonly #wire: StreamWire;
  #reader: StreamReader | undefined;
  /** What came before somebody wanted it. */
  #early: Buffer[] | undefined;
  remoteEnded = false;
  headersSent = false;
  closed = false;
  #sendWindow: number;
  /** These, and what waits for them, are made when the windows hold something back: most streams never need them. */
  #queue: Buffer[] | undefined;
  #queuedBytes = 0;
  #trailers: Buffer | undefined;
  #ending = false;
  #drains: (() => void)[] | undefined;
  onClose: (() => void) | undefined;

  constructor(id: number, headers: HttpHeaders, sendWindow: number, wire: StreamWire) {
    this.id = id;
    this.headers = headers;
    this.#sendWindow = sendWindow;
    this.#wire = wire;
  }

  /** From here on, and first what has come already. */
  read(reader: StreamReader): void {
    this.#reader = reader;
    const early = this.#early;
    this.#early = undefined;
    if (early) for (const chunk of early) reader.data(chunk);
    if (this.remoteEnded) reader.end();
  }

  /** Called by the connection. */
  received(chunk: Buffer): void {
    if (this.#reader) this.#reader.data(chunk);
    else (this.#early ??= []).push(chunk);
  }

  /** Called by the connection. */
  receivedEnd(): void {
    this.remoteEnded = true;
    this.#reader?.end();
    if (this.closed) return;
    if (this.#ending && this.#queuedBytes === 0) this.#close();
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Once all that was written is with the socket. */
  onDrain(run: () => void): void {
    if (this.#queuedBytes > 0) (this.#drains ??= []).push(run);
    else queueMicrotask(run);
  }

  /** `end`: there is nothing after the headers. */
  respond(fields: Iterable<HeaderField> | Buffer, end = false): void {
    if (this.closed || this.headersSent) return;
    this.headersSent = true;
    const block = Buffer.isBuffer(fields) ? fields : encodeHeaders(fields);
    this.#wire.frame(frameTypes.headers, flags.endHeaders | (end ? flags.endStream : 0), this.id, block);
    if (end) this.#finish();
  }

  write(data: Buffer): void {
    if (this.closed || this.#ending || data.length === 0) return;
    const rest = this.#queuedBytes === 0 ? this.#unsent(data) : data;
    if (rest.length === 0) return;
    (this.#queue ??= []).push(rest);
    this.#queuedBytes += rest.length;
    this.#wire.queued(rest.length);
    this.flush();
  }

  /** After the data, the trailers if there are any; after them nothing. */
  end(trailers?: Iterable<HeaderField> | Buffer): void {
    if (this.closed || this.#ending) return;
    this.#ending = true;
    if (trailers) this.#trailers = Buffer.isBuffer(trailers) ? trailers : encodeHeaders(trailers);
    this.flush();
  }

  /** Sends of a small piece what it may at once, and gives the rest. */
  #unsent(data: Buffer): Buffer {
    if (data.length > maxFrameBytes || data.length > this.#sendWindow) return data;
    const granted = this.#wire.take(data.length);
    if (granted === 0) return data;
    this.#sendWindow -= granted;
    const rest = data.subarray(granted);
    this.#wire.frame(frameTypes.data, 0, this.id, rest.length === 0 ? data : data.subarray(0, granted));
    return rest;
  }

  /** A smaller window than what was sent already may make it negative. */
  addWindow(bytes: number): number {
    this.#sendWindow += bytes;
    return this.#sendWindow;
  }

  /** Sends what the windows allow. */
  flush(): void {
    while (this.#queuedBytes > 0 && !this.closed) {
      const queue = this.#queue!;
      const first = queue[0]!;
      const wanted = Math.min(first.length, maxFrameBytes, this.#sendWindow);
      if (wanted <= 0) return;
      const granted = this.#wire.take(wanted);
      if (granted === 0) return this.#wire.blocked(this);
      this.#sendWindow -= granted;
      const whole = granted === first.length;
      this.#wire.frame(frameTypes.data, 0, this.id, whole ? first : first.subarray(0, granted));
      if (whole) queue.shift();
      else queue[0] = first.subarray(granted);
      this.#queuedBytes -= granted;
      this.#wire.queued(-granted);
    }
    if (this.closed || this.#queuedBytes > 0) return;
    if (this.#drains) for (const run of this.#drains.splice(0)) queueMicrotask(run);
    if (!this.#ending) return;
    if (this.#trailers) this.#wire.frame(frameTypes.headers, flags.endHeaders | flags.endStream, this.id, this.#trailers);
    else this.#wire.frame(frameTypes.data, flags.endStream, this.id, noBytes);
    this.#finish();
  }

  #finish(): void {
    this.#ending = true;
    // The caller may go on sending; nobody wants it.
    if (!this.remoteEnded) this.#wire.reset(this, 0);
    this.#close();
  }

  /** Called by the connection when the caller or the connection has gone. */
  abandon(): void {
    this.#close();
  }

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.#queuedBytes > 0) this.#wire.queued(-this.#queuedBytes);
    this.#queuedBytes = 0;
    this.#queue = undefined;
    this.#drains = undefined;
    this.#early = undefined;
    this.#wire.finished(this);
    this.onClose?.();
  }
}
