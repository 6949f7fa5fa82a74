// Our connection to one other member: we dial, say hello, and then say whatever we have to say to it; it answers our requests.
// Invariant: what cannot leave now is dropped, never queued without bound: raft says it again. A silent connection is given up and dialled anew.
// Called by: peers.ts, one for each other member. Next on the way: inbox.ts, the other end.

import type { Socket } from "node:net";
import type { Clock, Log, Timer } from "#lib";
import type { Message } from "#raft";
import { ByteReader, ByteWriter } from "../bytes.ts";
import { dial, type PeerTls } from "./address.ts";
import { FrameReader, type Frame, frameKinds, memberFrameBytes, writeFrame } from "./frames.ts";
import { encodeHello, type Hello, type Refused } from "./hello.ts";
import { encodeMessage } from "./messages.ts";

export interface LinkOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tls: PeerTls | undefined;
  readonly hello: () => Hello;
  readonly urls: () => readonly string[];
  readonly up: () => void;
  readonly refused: (refused: Refused) => void;
}

export class PeerUnreachable extends Error {
  override name = "PeerUnreachable";
  /** False: the request never left. True: nobody knows whether it arrived. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}

const connectMs = 2000;
const pingMs = 500;
const silentMs = 3000;
const firstBackOffMs = 50;
const maxBackOffMs = 1000;
const maxQueuedBytes = 64 * 1024 * 1024;
const maxRequests = 20_000;

interface Waiter {
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export class Link {
  readonly #options: LinkOptions;
  #socket: Socket | undefined;
  #up = false;
  #closed = false;
  #tries = 0;
  #backOffMs = firstBackOffMs;
  #timer: Timer | undefined;
  #heardMs = 0;
  #requestId = 0;
  readonly #waiting = new Map<number, Waiter>();
  /** Said once for each reason, not at every try. */
  #told = "";

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#dial();
  }

  get up(): boolean {
    return this.#up;
  }

  send(message: Message): void {
    const socket = this.#socket;
    if (!this.#up || !socket || socket.writableLength > maxQueuedBytes) return;
    writeFrame(socket, frameKinds.message, encodeMessage(message));
  }

  request(kind: number, body: Uint8Array): Promise<Buffer> {
    const socket = this.#socket;
    if (!this.#up || !socket || this.#waiting.size >= maxRequests || socket.writableLength > maxQueuedBytes)
      return Promise.reject(new PeerUnreachable("the member is not reached", false));
    return new Promise((resolve, reject) => {
      const id = ++this.#requestId;
      this.#waiting.set(id, { resolve, reject });
      writeFrame(socket, frameKinds.request, new ByteWriter(body.length + 16).varint(id).byte(kind).raw(body).finish());
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#socket?.destroy();
    this.#lost();
  }

  #dial(): void {
    if (this.#closed) return;
    const urls = this.#options.urls();
    const url = urls[this.#tries++ % Math.max(urls.length, 1)];
    if (url === undefined) return this.#later();
    const reader = new FrameReader();
    const socket = dial(url, this.#options.tls, () => writeFrame(socket, frameKinds.hello, encodeHello(this.#options.hello())));
    this.#socket = socket;
    this.#heardMs = this.#options.clock.monotonicMs();
    this.#timer = this.#options.clock.after(connectMs, () => this.#tell(`no answer from ${url}`, socket));
    socket.on("error", (error) => this.#tell(`${url}: ${error.message}`, socket));
    socket.on("data", (chunk: Buffer) => {
      this.#heardMs = this.#options.clock.monotonicMs();
      try {
        for (const frame of reader.push(chunk)) this.#take(frame, reader, socket);
      } catch (error) {
        this.#tell(`${url}: ${String(error)}`, socket);
      }
    });
    socket.once("close", () => {
      if (this.#socket !== socket) return;
      this.#lost();
      this.#later();
    });
  }

  #tell(reason: string, socket: Socket): void {
    if (reason !== this.#told && !this.#closed) this.#options.log.warn("a member is not reached", { reason });
    this.#told = reason;
    socket.destroy();
  }

  #later(): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(this.#backOffMs, () => this.#dial());
    this.#backOffMs = Math.min(this.#backOffMs * 2, maxBackOffMs);
  }

  #lost(): void {
    this.#up = false;
    this.#socket = undefined;
    for (const { reject } of this.#waiting.values()) reject(new PeerUnreachable("the connection to the member is lost", true));
    this.#waiting.clear();
  }

  #take({ kind, payload }: Frame, reader: FrameReader, socket: Socket): void {
    if (kind === frameKinds.welcome) {
      reader.limitBytes = memberFrameBytes;
      this.#up = true;
      this.#backOffMs = firstBackOffMs;
      this.#told = "";
      this.#keepAlive(socket);
      this.#options.up();
    } else if (kind === frameKinds.refused) {
      const refused = JSON.parse(payload.toString("utf8")) as Refused;
      this.#tell(refused.message, socket);
      this.#options.refused(refused);
    } else if (kind === frameKinds.response) {
      const answer = new ByteReader(payload);
      const id = answer.varint();
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      const ok = answer.byte() === 1;
      if (ok) waiter?.resolve(answer.rest());
      else waiter?.reject(new Error(answer.rest().toString("utf8")));
    }
  }

  /** A cut cable says nothing: who has not answered for a while is not there. */
  #keepAlive(socket: Socket): void {
    this.#timer?.cancel();
    if (socket !== this.#socket || this.#closed) return;
    if (this.#options.clock.monotonicMs() - this.#heardMs > silentMs) return this.#tell("the member says nothing any more", socket);
    writeFrame(socket, frameKinds.ping);
    this.#timer = this.#options.clock.after(pingMs, () => this.#keepAlive(socket));
  }
}
