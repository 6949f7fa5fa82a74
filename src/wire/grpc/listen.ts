// One port for gRPC and plain HTTP, with or without TLS: HTTP/2 is told from HTTP/1.1 by ALPN or by its first bytes.
// Invariant: gRPC goes to the methods, everything else to the HTTP handler; nothing that connects is kept after close.
// Called by: whoever serves gRPC (the store's etcd face). Next on the way: server.ts for gRPC, exchange.ts for the rest.

import { createServer as createHttp1, type IncomingMessage, type Server as Http1Server, type ServerResponse } from "node:http";
import { createSecureServer, createServer, type Http2SecureServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createServer as createListener, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Clock } from "#lib";
import { exchangeHttp1, exchangeHttp2 } from "../exchange.ts";
import type { ClientCertificate, HttpHandler, SocketPeer } from "../http.ts";
import type { Server } from "../server.ts";
import { answerGrpc, type GrpcServices, isGrpc } from "./server.ts";

export interface ServeGrpcOptions {
  readonly host: string;
  /** 0 asks the kernel for a free one. */
  readonly port: number;
  /** PEM. With `clientCa` a caller without a certificate of it is refused in the handshake. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly clientCa?: string };
  readonly services: GrpcServices;
  /** For all that is not gRPC: health, version, metrics. */
  readonly http: HttpHandler;
  readonly clock: Clock;
}

const settings = { maxConcurrentStreams: 0xffff_ffff, initialWindowSize: 1024 * 1024, maxHeaderListSize: 64 * 1024 } as const;
const sessionWindowBytes = 4 * 1024 * 1024;
/** Node's own bound per session, in MB; streams are many here and mostly idle. */
const sessionMemory = 1000;
const firstBytesMs = 10_000;

function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as unknown as Record<string, string | string[]> | undefined;
  if (!subject) return undefined;
  const several = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
  return { commonName: several(subject["CN"])[0] ?? "", organizations: several(subject["O"]) };
}

function peerOf(socket: unknown): SocketPeer {
  const { remoteAddress } = socket as Socket;
  const certificate = socket instanceof TLSSocket ? certificateOf(socket) : undefined;
  return { address: remoteAddress ?? "", ...(certificate ? { certificate } : {}) };
}

function serveSessions(server: Http2Server | Http2SecureServer, options: ServeGrpcOptions, sessions: Set<ServerHttp2Session>): void {
  const { services, http } = options;
  server.on("session", (session: ServerHttp2Session) => {
    const peer = peerOf((session as unknown as { socket: unknown }).socket);
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => undefined);
    session.setLocalWindowSize(sessionWindowBytes);
    session.on("stream", (stream, headers, flags) => {
      if (isGrpc(headers)) return answerGrpc(stream, headers, peer, services);
      exchangeHttp2(stream, headers, (flags & 1) !== 0, peer, http, services.log).catch(() => stream.close());
    });
  });
}

function serveHttp1(options: ServeGrpcOptions): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    exchangeHttp1(incoming, outgoing, peerOf(incoming.socket), options.http, options.services.log).catch(() => outgoing.destroy());
  };
}

function secure(
  options: ServeGrpcOptions,
  tls: NonNullable<ServeGrpcOptions["tls"]>,
  sessions: Set<ServerHttp2Session>,
): (socket: Socket) => void {
  const server = createSecureServer({
    allowHTTP1: true,
    key: tls.key,
    cert: tls.cert,
    ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
    minVersion: "TLSv1.2",
    handshakeTimeout: firstBytesMs,
    maxSessionMemory: sessionMemory,
    settings,
  });
  serveSessions(server, options, sessions);
  // The HTTP/2 server's own `request` compatibility would wrap every stream a second time; only HTTP/1.1 shall raise `request`.
  server.removeAllListeners("newListener");
  server.on("request" as "stream", serveHttp1(options) as never);
  server.on("tlsClientError", (error) => options.services.log.debug("TLS handshake failed", { error: error.message }));
  return (socket) => void server.emit("connection", socket);
}

/** Without TLS there is no ALPN: HTTP/2 says `PRI` first. */
function plain(options: ServeGrpcOptions, sessions: Set<ServerHttp2Session>): (socket: Socket) => void {
  const http2 = createServer({ maxSessionMemory: sessionMemory, settings });
  serveSessions(http2, options, sessions);
  const http1: Http1Server = createHttp1(serveHttp1(options));
  return (socket) => {
    const late = options.clock.after(firstBytesMs, () => socket.destroy());
    socket.once("close", () => late.cancel());
    socket.once("data", (first: Buffer) => {
      late.cancel();
      socket.pause();
      socket.unshift(first);
      // `PRI` and no method of HTTP/1.1 begins so; three bytes come in one segment.
      if (first.toString("latin1", 0, 3) === "PRI") http2.emit("connection", socket);
      else {
        http1.emit("connection", socket);
        socket.resume();
      }
    });
  };
}

export async function serveGrpc(options: ServeGrpcOptions): Promise<Server> {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const accept = options.tls ? secure(options, options.tls, sessions) : plain(options, sessions);
  const listener = createListener({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    accept(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      listener.off("error", reject);
      listener.on("error", (error) => options.services.log.error("listener", { error }));
      resolve();
    });
  });
  const address = listener.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const session of sessions) session.close();
      const cut = options.clock.after(graceMs, () => sockets.forEach((socket) => socket.destroy()), { hold: true });
      await closed;
      cut.cancel();
    },
  };
}
