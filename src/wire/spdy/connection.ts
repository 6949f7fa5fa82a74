// A SPDY/3.1 connection over any Duplex: opens and accepts streams, answers pings, ends.
// Invariant: frames are taken one after the other; while a stream's reader does not read, the socket is not read either (one memory bound for all).
// Called by: the kubelet (server), cri's streaming client. Next on the way: stream.ts; frames.ts and headers.ts are the bytes.
// Windows: none. Go's SPDY, which all peers of this protocol use, neither opens nor honours them; the socket's own back-pressure holds both ways.
// A write into a connection that the peer has closed would cost us what it said before, so a client neither pings nor writes while it is behind in reading.

import type { Duplex } from "node:stream";
import type { Clock, Timer } from "#lib";
import { ByteReader } from "../bytes.ts";
import { controlLimitBytes, flagFin, frameType, headBytes, readHead, resetCode, write } from "./frames.ts";
import { HeaderPacker, type SpdyHeaders, HeaderUnpacker } from "./headers.ts";
import { SpdyStream, type StreamOwner } from "./stream.ts";

export interface SpdyOptions {
  readonly role: "client" | "server";
  readonly clock: Clock;
  /** A stream the other end opened. It counts as accepted unless it is destroyed in here. */
  readonly onStream?: (stream: SpdyStream) => void;
  readonly pingMs?: number;
}

const pingMs = 15_000;
const replyMs = 30_000;
/** After our goodbye the peer is read to its own end: cutting earlier would cost it what it has not read yet. */
const lingerMs = 5000;
const streamLimit = 1000;
const dataBytes = 64 * 1024;

export class SpdyConnection {
  /** Resolves when the socket is gone, for whatever reason. What it had brought may still be on its way to a slow reader. */
  readonly closed: Promise<void>;
  /** Resolves when, after that, everything has been handed to its stream and all streams have ended. */
  readonly drained: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #replies = new Map<number, { resolve: () => void; reject: (error: Error) => void; timer: Timer }>();
  readonly #packer = new HeaderPacker();
  readonly #unpacker = new HeaderUnpacker();
  #nextId: number;
  #lastRemoteId = 0;
  #ping: Timer | undefined;
  #unanswered = 0;
  #delivering: Promise<void> | undefined;
  #goingAway = false;
  #closing = false;

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextId = options.role === "client" ? 1 : 2;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.once("close", () => this.#ping?.cancel());
    // A peer that says all it has and closes at once has answered: the answers are behind, not lost, until reading has ended.
    const read = this.#read().then(() => this.#gone());
    this.drained = Promise.all([this.closed, read]).then(() => {
      this.#gone();
      this.#endAll();
    });
    if (options.role === "server") this.#keepAlive();
  }

  get open(): boolean {
    return !this.#goingAway && !this.#closing && !this.#socket.destroyed;
  }

  /** Opens a stream; resolves when the other end has accepted it. `readOnly`: our half ends at once, and nothing is ever written to it. */
  async openStream(headers: SpdyHeaders, options: { readonly readOnly?: boolean } = {}): Promise<SpdyStream> {
    if (!this.open) throw new Error("the connection is closed");
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new SpdyStream(this.#owner, id, headers);
    this.#streams.set(id, stream);
    const accepted = new Promise<void>((resolve, reject) => {
      const timer = this.#options.clock.after(replyMs, () => reject(new Error(`stream was not accepted within ${replyMs} ms`)));
      this.#replies.set(id, { resolve, reject, timer });
    });
    this.#socket.write(write.synStream(id, options.readOnly ? flagFin : 0, this.#packer.pack(headers)));
    if (options.readOnly) {
      stream.localEnded = true;
      stream.end();
    }
    try {
      await accepted;
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return stream;
  }

  /** Says goodbye: what was written still goes out, then the socket ends, within a bound. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    for (const stream of this.#streams.values()) stream.discard();
    if (this.#socket.destroyed) return;
    const cut = this.#options.clock.after(lingerMs, () => this.#socket.destroy());
    this.#socket.once("close", () => cut.cancel());
    this.#socket.write(write.goAway(this.#lastRemoteId));
    this.#socket.end();
  }

  readonly #owner: StreamOwner = {
    data: (stream, bytes, done) => {
      // Nobody reads there any more; what is already here must stay readable, so this is no failure of the stream.
      if (!this.#streams.has(stream.id) || this.#socket.destroyed || this.#socket.writableEnded) return done();
      if (this.#delivering && this.#options.role === "client")
        return void this.#delivering.then(() => this.#owner.data(stream, bytes, done));
      for (let at = 0; at < bytes.length; at += dataBytes) {
        const part = bytes.subarray(at, at + dataBytes);
        this.#socket.cork();
        this.#socket.write(write.dataHead(stream.id, 0, part.length));
        if (at + dataBytes >= bytes.length) this.#socket.write(part, () => done());
        else this.#socket.write(part);
        this.#socket.uncork();
      }
      if (bytes.length === 0) done();
    },
    finish: (stream, done) => {
      if (stream.localEnded) return done();
      stream.localEnded = true;
      if (!this.#streams.has(stream.id) || this.#socket.destroyed || this.#socket.writableEnded) done();
      else this.#socket.write(write.dataHead(stream.id, flagFin, 0), () => done());
    },
    gone: (stream) => {
      const unfinished = !(stream.localEnded && stream.remoteEnded);
      if (this.#streams.delete(stream.id) && unfinished) this.#send(write.rstStream(stream.id, resetCode.cancel));
    },
  };

  #send(frame: Buffer): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(frame);
  }

  async #read(): Promise<void> {
    const bytes = new ByteReader({
      [Symbol.asyncIterator]: () => this.#socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>,
    });
    try {
      for (let head = await bytes.exactly(headBytes); head !== undefined; head = await bytes.exactly(headBytes)) {
        const frame = readHead(head);
        if (frame.kind === "data") await this.#data(frame, bytes);
        else {
          if (frame.version !== 3) throw new Error(`SPDY version ${frame.version} is not supported`);
          if (frame.length > controlLimitBytes) throw new RangeError("control frame is too large");
          const payload = await bytes.exactly(frame.length);
          if (payload === undefined && frame.length > 0) break;
          await this.#control(frame.type, frame.flags, payload ?? Buffer.alloc(0));
        }
      }
      this.#socket.end(() => this.#socket.destroy());
    } catch {
      // A peer that breaks the framing cannot be told anything that it would understand.
      this.#socket.destroy();
    }
  }

  async #data(frame: { streamId: number; flags: number; length: number }, bytes: ByteReader): Promise<void> {
    const stream = this.#streams.get(frame.streamId);
    for (let left = frame.length; left > 0; ) {
      const part = await bytes.some(left);
      if (part === undefined) throw new Error("the connection ended inside a frame");
      left -= part.length;
      const taken = stream?.deliver(part);
      if (!taken) continue;
      this.#delivering = taken;
      await taken;
      this.#delivering = undefined;
    }
    if (!stream) {
      if (frame.length > 0 && frame.streamId > this.#lastRemoteId && frame.streamId >= this.#nextId)
        this.#send(write.rstStream(frame.streamId, resetCode.invalidStream));
      return;
    }
    if (frame.flags & flagFin) stream.deliverEnd();
  }

  async #control(type: number, flags: number, payload: Buffer): Promise<void> {
    switch (type) {
      case frameType.synStream:
        return this.#accept(payload.readUInt32BE(0) & 0x7fff_ffff, flags, await this.#unpacker.unpack(payload.subarray(10)));
      case frameType.synReply: {
        await this.#unpacker.unpack(payload.subarray(4));
        const id = payload.readUInt32BE(0) & 0x7fff_ffff;
        const waiting = this.#settle(id);
        waiting?.resolve();
        if (flags & flagFin) this.#streams.get(id)?.deliverEnd();
        return;
      }
      case frameType.headers:
        // Nobody here reads trailing headers, but the compression context must see them.
        await this.#unpacker.unpack(payload.subarray(4));
        return;
      case frameType.rstStream: {
        const id = payload.readUInt32BE(0) & 0x7fff_ffff;
        this.#settle(id)?.reject(new Error(`the other end refused the stream (code ${payload.readUInt32BE(4)})`));
        // A reset is how Go's servers end a stream that has said all: readers see an end, writers write into nothing.
        const stream = this.#streams.get(id);
        this.#streams.delete(id);
        stream?.deliverEnd();
        return;
      }
      case frameType.ping: {
        const id = payload.readUInt32BE(0);
        const ours = id % 2 === (this.#options.role === "client" ? 1 : 0);
        if (ours) this.#unanswered = 0;
        else this.#send(write.ping(id));
        return;
      }
      case frameType.goAway:
        this.#goingAway = true;
        return;
      default: // SETTINGS, WINDOW_UPDATE, CREDENTIAL: nothing to do about them.
    }
  }

  #accept(id: number, flags: number, headers: SpdyHeaders): void {
    const foreign = id % 2 === (this.#options.role === "client" ? 0 : 1);
    if (!foreign || id <= this.#lastRemoteId) throw new Error(`stream id ${id} is out of order`);
    this.#lastRemoteId = id;
    if (!this.open || !this.#options.onStream || this.#streams.size >= streamLimit) {
      this.#send(write.rstStream(id, resetCode.refusedStream));
      return;
    }
    const stream = new SpdyStream(this.#owner, id, headers);
    this.#streams.set(id, stream);
    this.#send(write.synReply(id, 0, this.#packer.pack({})));
    if (flags & flagFin) stream.deliverEnd();
    this.#options.onStream(stream);
  }

  #settle(id: number): { resolve: () => void; reject: (error: Error) => void } | undefined {
    const waiting = this.#replies.get(id);
    waiting?.timer.cancel();
    this.#replies.delete(id);
    return waiting;
  }

  /** Finds out that a silent peer is gone; while we do not read, only the write itself can tell. */
  #keepAlive(): void {
    this.#ping = this.#options.clock.after(this.#options.pingMs ?? pingMs, () => {
      if (!this.#delivering && this.#unanswered >= 3) return void this.#socket.destroy();
      if (!this.#delivering) this.#unanswered += 1;
      this.#send(write.ping(2));
      this.#keepAlive();
    });
  }

  #gone(): void {
    for (const id of this.#replies.keys()) this.#settle(id)?.reject(new Error("the connection was lost"));
  }

  #endAll(): void {
    this.#unpacker.close();
    for (const stream of this.#streams.values()) stream.deliverEnd();
    this.#streams.clear();
  }
}
