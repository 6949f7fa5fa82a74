// The server's side of one HTTP/2 connection on a socket (RFC 9113): frames in, streams out.
// Invariant: every bound of ours is told in SETTINGS and kept; a peer that breaks the protocol is told why and cut.
// It takes any `:authority`, which node:http2 does not: etcd's clients send whole URLs there. Called by: ../grpc/listen.ts.
// Next on the way: stream.ts.

import type { Duplex } from "node:stream";
import {
  ConnectionError,
  errorCodes,
  flags,
  frameTypes,
  headBytes,
  maxFrameBytes,
  maxWindow,
  preface,
  settingIds,
  settingsOf,
  uint32,
  unpadded,
} from "./frames.ts";
import { HeaderBlocks } from "./headerblocks.ts";
import { Outgoing } from "./outgoing.ts";
import { Http2Stream, type StreamWire } from "./stream.ts";

const limits = {
  streams: 16_384,
  headerListBytes: 64 * 1024,
  streamWindow: 1024 * 1024,
  connectionWindow: 8 * 1024 * 1024,
  /** Beyond this much that the peer's windows hold back it can ask for nothing new. */
  queuedBytes: 64 * 1024 * 1024,
  /** Beyond this much with the socket, what streams have waits with them. */
  socketBytes: 1024 * 1024,
} as const;

const initialWindow = 65_535;

export interface ConnectionOptions {
  readonly socket: Duplex;
  /** A request's head is there. */
  readonly stream: (stream: Http2Stream) => void;
  readonly closed: () => void;
}

export class Http2Connection implements StreamWire {
  readonly #options: ConnectionOptions;
  readonly #socket: Duplex;
  readonly #headerBlocks = new HeaderBlocks(limits.headerListBytes);
  readonly #streams = new Map<number, Http2Stream>();
  readonly #blocked = new Set<Http2Stream>();
  /** Bytes of a frame, or of the preface, that are not all there. */
  #rest: Buffer | undefined;
  #started = false;
  #lastStream = 0;
  #sendWindow = initialWindow;
  #peerStreamWindow = initialWindow;
  #received = 0;
  /** A header block that goes on in the next frame. */
  #block: { stream: number; flag: number; parts: Buffer[]; bytes: number } | undefined;
  readonly #out = new Outgoing();
  #flushing = false;
  #queuedBytes = 0;
  #paused = false;
  #goingAway = false;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    const { socket } = options;
    socket.on("data", (chunk: Buffer) => this.#data(chunk));
    socket.on("end", () => this.close());
    socket.on("drain", () => {
      this.#flushBlocked();
      this.#balance();
    });
    socket.on("close", () => this.#gone());
    socket.on("error", () => this.#gone());
    const settings = settingsOf([
      [settingIds.maxConcurrentStreams, limits.streams],
      [settingIds.initialWindowSize, limits.streamWindow],
      [settingIds.maxHeaderListSize, limits.headerListBytes],
    ]);
    this.frame(frameTypes.settings, 0, 0, settings);
    this.frame(frameTypes.windowUpdate, 0, 0, uint32(limits.connectionWindow - initialWindow));
  }

  /** No new streams; the connection ends with the last one. */
  goAway(): void {
    if (this.#closed || this.#goingAway) return;
    this.#goingAway = true;
    this.frame(frameTypes.goAway, 0, 0, uint32(this.#lastStream, errorCodes.noError));
    if (this.#streams.size === 0) this.close();
  }

  close(): void {
    this.#flushOut();
    this.#socket.end();
  }

  // What streams need.

  take(bytes: number): number {
    // What the peer's window allows but its socket does not take waits with its stream, where it is counted.
    if (this.#socket.writableLength > limits.socketBytes) return 0;
    const granted = Math.min(bytes, this.#sendWindow);
    this.#sendWindow -= granted;
    return granted;
  }

  frame(type: number, flag: number, stream: number, payload: Uint8Array): void {
    if (this.#closed) return;
    this.#out.frame(type, flag, stream, payload);
    if (this.#flushing) return;
    this.#flushing = true;
    // Everything that is answered in this turn goes to the socket in one piece.
    setImmediate(() => this.#flushOut());
  }

  blocked(stream: Http2Stream): void {
    this.#blocked.add(stream);
  }

  queued(bytes: number): void {
    this.#queuedBytes += bytes;
  }

  /** A peer whose socket does not take what is sent is not read any more. */
  #balance(): void {
    const tooMuch = this.#socket.writableLength > 4 * limits.socketBytes;
    if (tooMuch === this.#paused || this.#closed) return;
    this.#paused = tooMuch;
    if (tooMuch) this.#socket.pause();
    else this.#socket.resume();
  }

  reset(stream: Http2Stream, code: number): void {
    this.frame(frameTypes.resetStream, 0, stream.id, uint32(code));
  }

  finished(stream: Http2Stream): void {
    this.#streams.delete(stream.id);
    this.#blocked.delete(stream);
    if (this.#goingAway && this.#streams.size === 0) this.close();
  }

  #flushOut(): void {
    this.#flushing = false;
    if (this.#closed) return;
    const bytes = this.#out.take();
    if (bytes.length === 0) return;
    this.#socket.write(bytes);
    this.#balance();
  }

  #flushBlocked(): void {
    const waiting = [...this.#blocked];
    this.#blocked.clear();
    for (const stream of waiting) stream.flush();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) stream.abandon();
    this.#options.closed();
  }

  // What comes in.

  #data(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#parse(this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk);
    } catch (error) {
      const code = error instanceof ConnectionError ? error.code : errorCodes.internal;
      const text = error instanceof Error ? error.message : "";
      this.frame(frameTypes.goAway, 0, 0, Buffer.concat([uint32(this.#lastStream, code), Buffer.from(text)]));
      this.close();
      this.#gone();
    }
  }

  #parse(bytes: Buffer): void {
    let at = 0;
    if (!this.#started) {
      if (bytes.length < preface.length) {
        this.#rest = bytes;
        return;
      }
      if (!bytes.subarray(0, preface.length).equals(preface)) throw new ConnectionError(errorCodes.protocol, "this is not HTTP/2");
      this.#started = true;
      at = preface.length;
    }
    while (bytes.length - at >= headBytes) {
      const length = bytes.readUIntBE(at, 3);
      if (length > maxFrameBytes) throw new ConnectionError(errorCodes.frameSize, `a frame of ${length} bytes`);
      const end = at + headBytes + length;
      if (end > bytes.length) break;
      this.#frame(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5) & maxWindow, bytes.subarray(at + headBytes, end));
      if (this.#closed) return;
      at = end;
    }
    this.#rest = at === bytes.length ? undefined : bytes.subarray(at);
  }

  #frame(type: number, flag: number, id: number, payload: Buffer): void {
    if (this.#block && (type !== frameTypes.continuation || id !== this.#block.stream))
      throw new ConnectionError(errorCodes.protocol, "a header block is interrupted");
    switch (type) {
      case frameTypes.data:
        return this.#onData(flag, id, payload);
      case frameTypes.headers: {
        const content = unpadded(flag, payload);
        return this.#onHeaders(id, flag, flag & flags.priority ? content.subarray(5) : content);
      }
      case frameTypes.continuation:
        return this.#onContinuation(flag, payload);
      case frameTypes.resetStream:
        this.#streams.get(id)?.abandon();
        return;
      case frameTypes.settings:
        return this.#onSettings(flag, payload);
      case frameTypes.ping:
        if (payload.length !== 8) throw new ConnectionError(errorCodes.frameSize, "a ping has eight bytes");
        if ((flag & flags.ack) === 0) this.frame(frameTypes.ping, flags.ack, 0, Buffer.from(payload));
        return;
      case frameTypes.windowUpdate:
        return this.#onWindowUpdate(id, payload);
      case frameTypes.pushPromise:
        throw new ConnectionError(errorCodes.protocol, "clients do not push");
      default:
        // PRIORITY, GOAWAY and what later standards may bring have nothing to say to us.
        return;
    }
  }

  #onData(flag: number, id: number, payload: Buffer): void {
    const stream = this.#streams.get(id);
    if (!stream && (id > this.#lastStream || id === 0)) throw new ConnectionError(errorCodes.protocol, "data on a stream that is not open");
    this.#received += payload.length;
    // Given back in large steps: all is read at once, its reader bounds what it keeps.
    if (this.#received >= limits.connectionWindow / 4) {
      this.frame(frameTypes.windowUpdate, 0, 0, uint32(this.#received));
      this.#received = 0;
    }
    if (!stream || stream.remoteEnded) return;
    const ended = (flag & flags.endStream) !== 0;
    if (payload.length > 0 && !ended) this.frame(frameTypes.windowUpdate, 0, id, uint32(payload.length));
    const content = unpadded(flag, payload);
    if (content.length > 0) stream.received(content);
    if (ended) stream.receivedEnd();
  }

  #onHeaders(stream: number, flag: number, part: Buffer): void {
    if (flag & flags.endHeaders) return this.#headers(stream, flag, part);
    this.#block = { stream, flag, parts: [part], bytes: part.length };
  }

  #onContinuation(flag: number, part: Buffer): void {
    const block = this.#block;
    if (!block) throw new ConnectionError(errorCodes.protocol, "a continuation of nothing");
    block.parts.push(part);
    // An empty part costs as much as a small one.
    block.bytes += part.length + 16;
    if (block.bytes > limits.headerListBytes) throw new ConnectionError(errorCodes.enhanceYourCalm, "the header block is too large");
    if ((flag & flags.endHeaders) === 0) return;
    this.#block = undefined;
    this.#headers(block.stream, block.flag, Buffer.concat(block.parts));
  }

  #headers(id: number, flag: number, block: Buffer): void {
    let headers: Http2Stream["headers"];
    try {
      headers = this.#headerBlocks.read(block);
    } catch (error) {
      throw new ConnectionError(errorCodes.compression, error instanceof Error ? error.message : "");
    }
    const known = this.#streams.get(id);
    // Trailers of a request: its end.
    if (known) return known.receivedEnd();
    if (id % 2 === 0) throw new ConnectionError(errorCodes.protocol, `a client's stream has an odd number, not ${id}`);
    if (id <= this.#lastStream) return;
    this.#lastStream = id;
    // Its window updates are read all the same: without them nothing that is queued could ever leave.
    if (this.#goingAway || this.#streams.size >= limits.streams || this.#queuedBytes > limits.queuedBytes) {
      this.frame(frameTypes.resetStream, 0, id, uint32(errorCodes.refusedStream));
      return;
    }
    const stream = new Http2Stream(id, headers, this.#peerStreamWindow, this);
    this.#streams.set(id, stream);
    if (flag & flags.endStream) stream.remoteEnded = true;
    this.#options.stream(stream);
  }

  #onSettings(flag: number, payload: Buffer): void {
    if (flag & flags.ack) return;
    if (payload.length % 6 !== 0) throw new ConnectionError(errorCodes.frameSize, "settings have six bytes each");
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== settingIds.initialWindowSize) continue;
      const window = payload.readUInt32BE(at + 2);
      if (window > maxWindow) throw new ConnectionError(errorCodes.flowControl, "the window is too large");
      for (const stream of this.#streams.values()) stream.addWindow(window - this.#peerStreamWindow);
      this.#peerStreamWindow = window;
    }
    this.frame(frameTypes.settings, flags.ack, 0, Buffer.alloc(0));
    for (const stream of this.#streams.values()) stream.flush();
  }

  #onWindowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(errorCodes.frameSize, "a window update has four bytes");
    const bytes = payload.readUInt32BE(0) & maxWindow;
    if (id !== 0) {
      const stream = this.#streams.get(id);
      if (!stream) return;
      if (bytes === 0 || stream.addWindow(bytes) > maxWindow) {
        this.reset(stream, bytes === 0 ? errorCodes.protocol : errorCodes.flowControl);
        stream.abandon();
      } else stream.flush();
      return;
    }
    this.#sendWindow += bytes;
    if (bytes === 0 || this.#sendWindow > maxWindow) throw new ConnectionError(errorCodes.flowControl, "a window update of a wrong size");
    this.#flushBlocked();
  }
}
