// Where other members call: they say who they are, then their messages, requests and snapshots come in here.
// Invariant: nothing of a stranger gets past its hello; one connection of messages a member, the newest; a snapshot is taken as fast as the disk takes it.
// Called by: peers.ts. Next on the way: members/driver.ts, which steps raft with what comes.

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTls, type TLSSocket } from "node:tls";
import type { Clock, Log } from "#lib";
import type { Message, Snapshot } from "#raft";
import { ByteReader, ByteWriter } from "../bytes.ts";
import { addressOf, type PeerTls } from "./address.ts";
import { FrameReader, type Frame, frameKinds, memberFrameBytes, writeFrame } from "./frames.ts";
import { decodeHello, type Hello, type Introduction, isRefused, protocolVersion, refusalOf, type Refused, type Self } from "./hello.ts";
import { decodeMessage } from "./messages.ts";

/** Takes one snapshot's bytes; `done` says whether it is whole and was taken over. */
export interface SnapshotReceiver {
  write(bytes: Buffer): Promise<void>;
  done(): Promise<boolean>;
  abort(): void;
}

export interface InboxOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tls: PeerTls | undefined;
  readonly self: Self;
  readonly introduce: () => Introduction;
  /** Somebody of this cluster was let in; it may be newer than the list of members. */
  readonly met: (hello: Hello) => void;
  readonly message: (message: Message) => void;
  readonly request: (from: number, kind: number, body: Buffer) => Promise<Uint8Array>;
  readonly snapshot: (message: Snapshot) => SnapshotReceiver;
}

const helloMs = 5000;
const silentMs = 10_000;
const maxConnections = 1000;

export class Inbox {
  readonly #options: InboxOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #byMember = new Map<number, Socket>();

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  async listen(url: string): Promise<number> {
    const { host, port, secure } = addressOf(url);
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket, secure));
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port }, () => {
        server.off("error", reject);
        server.on("error", (error) => this.#options.log.error("the peers' listener", { error }));
        resolve();
      });
    });
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Who is no member any more is cut off; when it calls again it hears why. */
  drop(member: number): void {
    this.#byMember.get(member)?.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }

  #accept(socket: Socket, secure: boolean): void {
    const { tls, log } = this.#options;
    if (this.#sockets.size >= maxConnections) return void socket.destroy();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    if (!secure) return this.#talk(socket);
    if (!tls) return void socket.destroy();
    const server = createTls({
      key: tls.key,
      cert: tls.cert,
      ...(tls.ca ? { ca: tls.ca } : {}),
      requestCert: tls.requireCertificate,
      rejectUnauthorized: tls.requireCertificate,
      minVersion: "TLSv1.2",
      handshakeTimeout: helloMs,
    });
    server.on("secureConnection", (secured: TLSSocket) => {
      secured.on("error", () => undefined);
      this.#talk(secured);
    });
    server.on("tlsClientError", (error) => log.warn("a member's TLS handshake failed", { error: error.message }));
    server.emit("connection", socket);
  }

  #talk(socket: Socket): void {
    const { clock, log } = this.#options;
    const reader = new FrameReader();
    let heardMs = clock.monotonicMs();
    let watch = clock.after(helloMs, () => socket.destroy());
    const look = (): void => {
      if (clock.monotonicMs() - heardMs > silentMs) return void socket.destroy();
      watch = clock.after(silentMs, look);
    };
    let take = (frame: Frame): void => {
      take = this.#greet(socket, frame, reader);
      watch.cancel();
      watch = clock.after(silentMs, look);
    };
    socket.once("close", () => watch.cancel());
    socket.on("data", (chunk: Buffer) => {
      heardMs = clock.monotonicMs();
      try {
        for (const frame of reader.push(chunk)) take(frame);
      } catch (error) {
        log.warn("a peer says what no member says", { address: socket.remoteAddress, error: String(error) });
        socket.destroy();
      }
    });
  }

  /** What to do with the frames after the hello. */
  #greet(socket: Socket, { kind, payload }: Frame, reader: FrameReader): (frame: Frame) => void {
    const ignore = (): void => undefined;
    const hello = kind === frameKinds.hello ? decodeHello(payload) : undefined;
    if (!hello) {
      socket.destroy();
      return ignore;
    }
    const refused = isRefused(hello) ? hello : refusalOf(hello, this.#options.self);
    if (refused || isRefused(hello)) {
      this.#refuse(socket, refused!);
      return ignore;
    }
    const { introduce } = this.#options;
    const answer = hello.purpose === "ask" ? introduce() : { version: protocolVersion };
    writeFrame(socket, frameKinds.welcome, Buffer.from(JSON.stringify(answer)));
    if (hello.purpose === "ask") {
      socket.end();
      return ignore;
    }
    reader.limitBytes = memberFrameBytes;
    this.#options.met(hello);
    return hello.purpose === "raft" ? this.#converse(socket, hello) : this.#receiveSnapshot(socket);
  }

  #refuse(socket: Socket, refused: Refused): void {
    this.#options.log.warn("a peer is refused", { reason: refused.message, address: socket.remoteAddress });
    writeFrame(socket, frameKinds.refused, Buffer.from(JSON.stringify(refused)));
    socket.end();
  }

  #converse(socket: Socket, { from }: Hello): (frame: Frame) => void {
    this.#byMember.get(from)?.destroy();
    this.#byMember.set(from, socket);
    socket.once("close", () => {
      if (this.#byMember.get(from) === socket) this.#byMember.delete(from);
    });
    return ({ kind, payload }) => {
      if (kind === frameKinds.message) {
        const message = decodeMessage(payload);
        if (message.from === from) this.#options.message(message);
      } else if (kind === frameKinds.request) void this.#answer(socket, from, payload);
      else if (kind === frameKinds.ping) writeFrame(socket, frameKinds.pong);
    };
  }

  async #answer(socket: Socket, from: number, payload: Buffer): Promise<void> {
    const reader = new ByteReader(payload);
    const id = reader.varint();
    const respond = (ok: boolean, body: Uint8Array): void =>
      writeFrame(
        socket,
        frameKinds.response,
        new ByteWriter(body.length + 16)
          .varint(id)
          .byte(ok ? 1 : 0)
          .raw(body)
          .finish(),
      );
    try {
      respond(true, await this.#options.request(from, reader.byte(), reader.rest()));
    } catch (error) {
      respond(false, Buffer.from(error instanceof Error ? error.message : String(error)));
    }
  }

  #receiveSnapshot(socket: Socket): (frame: Frame) => void {
    let receiver: SnapshotReceiver | undefined;
    let work = Promise.resolve();
    let waiting = 0;
    socket.once("close", () => receiver?.abort());
    const then = (run: () => Promise<void>): void => {
      waiting += 1;
      socket.pause();
      work = work.then(run).then(
        () => {
          waiting -= 1;
          if (waiting === 0) socket.resume();
        },
        (error: unknown) => {
          this.#options.log.warn("a snapshot from another member was not taken", { error });
          socket.destroy();
        },
      );
    };
    return ({ kind, payload }) => {
      if (kind === frameKinds.message) {
        const message = decodeMessage(payload);
        if (message.type === "snapshot") receiver = this.#options.snapshot(message);
      } else if (kind === frameKinds.slice && receiver) {
        const to = receiver;
        then(() => to.write(payload));
      } else if (kind === frameKinds.end && receiver) {
        const to = receiver;
        then(async () => {
          const taken = await to.done();
          writeFrame(socket, frameKinds.response, Buffer.from([taken ? 1 : 0]));
          socket.end();
        });
      }
    };
  }
}
