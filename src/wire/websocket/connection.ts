// A WebSocket over any Duplex: whole messages in, whole messages out, pings answered, a proper goodbye.
// Invariant: a message is bounded; reading pulls, so an idle consumer leaves the socket unread; a silent peer is found by pings.
// Called by: channels.ts, tunnel.ts; tests play the client. Next on the way: frames.ts.

import type { Duplex } from "node:stream";
import type { Clock, Timer } from "#lib";
import { ByteReader } from "../bytes.ts";
import { frameHead, opcode, readLength, readStart, unmask } from "./frames.ts";

export interface WebSocketOptions {
  readonly role: "server" | "client";
  readonly clock: Clock;
  readonly pingMs?: number;
}

const messageLimitBytes = 16 << 20;
const pingMs = 15_000;
const lingerMs = 5000;
/** The client's mask only has to be there; nothing between us and it caches. */
const clientMask = Buffer.from([0x5a, 0xa5, 0x3c, 0xc3]);

class Refusal extends Error {
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

export class WebSocketConnection {
  readonly closed: Promise<void>;
  /** Resolves when either end has said goodbye: what still comes interests nobody. */
  readonly closing: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: WebSocketOptions;
  readonly #bytes: ByteReader;
  #ping: Timer | undefined;
  #unanswered = 0;
  #reading = false;
  #closing = false;
  #goodbye: () => void = () => undefined;

  constructor(socket: Duplex, options: WebSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#bytes = new ByteReader({ [Symbol.asyncIterator]: () => socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> });
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    this.closing = new Promise((resolve) => {
      this.#goodbye = resolve;
    });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#closing = true;
      this.#goodbye();
      this.#ping?.cancel();
    });
    this.#keepAlive();
  }

  /** The next message; undefined when the other end has said goodbye or is gone. One call at a time. */
  async receive(): Promise<Buffer | undefined> {
    if (this.#closing) return undefined;
    this.#reading = true;
    try {
      const message = await this.#message();
      if (!this.#closing) return message;
      void this.#drain();
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal) || this.#closing) this.#socket.destroy();
      else {
        this.close(error.code, error.message);
        void this.#drain();
      }
      return undefined;
    } finally {
      this.#reading = false;
    }
  }

  /** Resolves when the socket took it; when nobody is there any more, at once. */
  send(parts: readonly Buffer[], code: number = opcode.binary): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableEnded) return Promise.resolve();
    return new Promise((resolve) => this.#write(code, parts, () => resolve()));
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#goodbye();
    const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason).subarray(0, 123)]);
    payload.writeUInt16BE(code, 0);
    this.#write(opcode.close, [payload], undefined);
    this.#socket.end();
    // The peer's own goodbye is read and dropped; then, or at the bound, the connection goes.
    const cut = this.#options.clock.after(lingerMs, () => this.#socket.destroy());
    this.#socket.once("close", () => cut.cancel());
    if (!this.#reading) void this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      while ((await this.#bytes.some(65_536)) !== undefined);
    } catch {
      // It is gone, which is what we wait for.
    }
    this.#socket.destroy();
  }

  #write(code: number, parts: readonly Buffer[], done: (() => void) | undefined): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return done?.();
    const client = this.#options.role === "client";
    const payloads = client ? [unmask(Buffer.concat(parts), clientMask)] : parts;
    const length = payloads.reduce((sum, part) => sum + part.length, 0);
    this.#socket.cork();
    this.#socket.write(frameHead(code, length, client ? clientMask : undefined), () => (payloads.length === 0 ? done?.() : undefined));
    payloads.forEach((part, index) => this.#socket.write(part, () => (index === payloads.length - 1 ? done?.() : undefined)));
    this.#socket.uncork();
  }

  async #message(): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const two = await this.#bytes.exactly(2);
      if (two === undefined) return this.#ended();
      const start = readStart(two);
      const size = start.lengthBytes === 0 ? start.shortLength : readLength(await this.#more(start.lengthBytes));
      if (start.masked !== (this.#options.role === "server")) throw new Refusal(1002, "bad MASK");
      const control = start.opcode >= opcode.close;
      if (control && (size > 125 || !start.final)) throw new Refusal(1002, "bad control frame");
      if (length + size > messageLimitBytes) throw new Refusal(1009, "message is too large");
      const mask = start.masked ? await this.#more(4) : undefined;
      const payload = await this.#more(size);
      if (mask) unmask(payload, mask);
      this.#unanswered = 0;
      if (start.opcode === opcode.close) return this.#ended();
      if (start.opcode === opcode.ping) this.#write(opcode.pong, [payload], undefined);
      if (control) continue;
      if ((start.opcode === opcode.continuation) !== parts.length > 0) throw new Refusal(1002, "continuation out of order");
      parts.push(payload);
      length += size;
      if (start.final) return parts.length === 1 ? payload : Buffer.concat(parts, length);
    }
  }

  async #more(length: number): Promise<Buffer> {
    const bytes = await this.#bytes.exactly(length);
    if (bytes === undefined) throw new Error("the connection ended inside a frame");
    return bytes;
  }

  #ended(): undefined {
    this.close(1000, "");
    return undefined;
  }

  #keepAlive(): void {
    this.#ping = this.#options.clock.after(this.#options.pingMs ?? pingMs, () => {
      if (this.#reading && this.#unanswered >= 3) return void this.#socket.destroy();
      if (this.#reading) this.#unanswered += 1;
      if (!this.#closing) this.#write(opcode.ping, [], undefined);
      this.#keepAlive();
    });
  }
}
