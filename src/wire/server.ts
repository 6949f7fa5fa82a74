// One TLS port for everything: HTTP/2 for clients, HTTP/1.1 for upgrades and old tools, client certificates where they are shown.
// Invariant: nothing waits without a bound: handshakes, headers, idle connections, dead peers and the last requests at close.
// Called by: compose (the API server), kubelet (its own API). Next on the way: accept.ts, exchange.ts or upgrade/server.ts, then the handler.

import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, createSecureServer, type Http2SecureServer, type ServerHttp2Session } from "node:http2";
import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { type Clock, type Log, systemClock } from "#lib";
import { AcceptGate, type AcceptLimits, acceptLimits } from "./accept.ts";
import { exchangeHttp1, exchangeHttp2 } from "./exchange.ts";
import type { ClientCertificate, HttpHandler, SocketPeer } from "./http.ts";
import { exchangeUpgrade } from "./upgrade/server.ts";

export interface ServeOptions {
  readonly host: string;
  /** 0 asks the kernel for a free one. */
  readonly port: number;
  /** PEM. Certificates of `clientCa` prove a user; without one every caller is without certificate. */
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa?: string };
  readonly handler: HttpHandler;
  readonly log: Log;
  readonly clock?: Clock;
  readonly accept?: AcceptLimits;
}

export interface Server {
  readonly port: number;
  /** Stops accepting, tells every connection to go, waits at most `graceMs` for requests in flight, then cuts. */
  close(graceMs: number): Promise<void>;
}

const limits = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 90_000,
  /** A connection without requests is closed after this; one with requests is asked by a ping whether it still lives. */
  idleMs: 90_000,
  pingMs: 15_000,
  headerBytes: 64 * 1024,
  streams: 1000,
  windowBytes: 256 * 1024,
} as const;

const several = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];

function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined;
  const subject: unknown = socket.getPeerCertificate().subject;
  if (typeof subject !== "object" || subject === null) return undefined;
  const names = subject as Record<string, unknown>;
  return { commonName: several(names["CN"])[0] ?? "", organizations: several(names["O"]) };
}

function peerOf(socket: TLSSocket): SocketPeer {
  const certificate = certificateOf(socket);
  return { address: socket.remoteAddress ?? "", ...(certificate ? { certificate } : {}) };
}

/** Idle connections end; a silent peer with open requests has to answer a ping. */
function superviseSession(session: ServerHttp2Session, clock: Clock, openStreams: () => number): void {
  session.on("error", () => undefined);
  session.setTimeout(limits.idleMs, () => {
    if (openStreams() === 0) return session.close();
    const deadline = clock.after(limits.pingMs, () => session.destroy());
    if (!session.ping(() => deadline.cancel())) deadline.cancel();
  });
}

interface Connections {
  readonly sockets: Set<Socket>;
  readonly sessions: Set<ServerHttp2Session>;
}

function acceptHttp2(server: Http2SecureServer, options: ServeOptions, clock: Clock, open: Connections): void {
  server.on("session", (session) => {
    const peer = peerOf(session.socket as TLSSocket);
    let streams = 0;
    open.sessions.add(session);
    session.once("close", () => open.sessions.delete(session));
    superviseSession(session, clock, () => streams);
    session.on("stream", (stream, headers, flags) => {
      streams += 1;
      stream.once("close", () => {
        streams -= 1;
      });
      const bodyless = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      exchangeHttp2(stream, headers, bodyless, peer, options.handler, options.log).catch((error: unknown) => {
        options.log.debug("answer was not delivered", { error });
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      });
    });
  });
}

function acceptHttp1(server: Http2SecureServer, options: ServeOptions): void {
  // The HTTP/2 server's own `request` compatibility would wrap every stream a second time; only HTTP/1.1 shall raise `request`.
  server.removeAllListeners("newListener");
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    exchangeHttp1(incoming, outgoing, peerOf(incoming.socket as TLSSocket), options.handler, options.log).catch((error: unknown) => {
      options.log.debug("answer was not delivered", { error });
      outgoing.destroy();
    });
  };
  const onUpgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on("error", () => undefined);
    const peer = peerOf(incoming.socket as TLSSocket);
    exchangeUpgrade({ incoming, socket, head, peer, handler: options.handler, log: options.log }).catch((error: unknown) => {
      options.log.debug("upgrade was not answered", { error });
      socket.destroy();
    });
  };
  server.on("request" as "stream", onRequest as never);
  server.on("upgrade" as "stream", onUpgrade as never);
}

function secureServer(options: ServeOptions): Http2SecureServer {
  return createSecureServer({
    allowHTTP1: true,
    key: options.tls.key,
    cert: options.tls.cert,
    ...(options.tls.clientCa ? { ca: options.tls.clientCa } : {}),
    requestCert: options.tls.clientCa !== undefined,
    // A caller without a certificate may have a token: who may do what is decided by the handler.
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    handshakeTimeout: limits.handshakeMs,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    maxHeaderSize: limits.headerBytes,
    settings: { maxConcurrentStreams: limits.streams, initialWindowSize: limits.windowBytes, maxHeaderListSize: limits.headerBytes },
  } as Parameters<typeof createSecureServer>[0]);
}

export async function serve(options: ServeOptions): Promise<Server> {
  const clock = options.clock ?? systemClock();
  const open: Connections = { sockets: new Set(), sessions: new Set() };
  const server = secureServer(options);
  acceptHttp1(server, options);
  acceptHttp2(server, options, clock, open);
  server.on("tlsClientError", (error) => options.log.debug("TLS handshake failed", { error: error.message }));
  server.on("error", (error) => options.log.warn("TLS server", { error }));
  const gate = new AcceptGate<Socket>(clock, options.accept ?? acceptLimits, (socket) => server.emit("connection", socket));
  const listener = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => {
    open.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => open.sockets.delete(socket));
    gate.offer(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      listener.off("error", reject);
      listener.on("error", (error) => options.log.error("listener", { error }));
      resolve();
    });
  });
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    async close(graceMs) {
      gate.close();
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const session of open.sessions) session.close();
      // Idle HTTP/1.1 connections have no session to close; `emit` gave them to the server, which knows which are idle.
      (server as unknown as { closeIdleConnections?: () => void }).closeIdleConnections?.();
      const cut = clock.after(graceMs, () => open.sockets.forEach((socket) => socket.destroy()), { hold: true });
      await closed;
      cut.cancel();
    },
  };
}
