// One port for gRPC and plain HTTP, with or without TLS: HTTP/2 is told from HTTP/1.1 by its first bytes.
// Invariant: gRPC goes to the methods, everything else to the HTTP handler; nothing that connects is kept after close.
// Called by: whoever serves gRPC (the store's etcd face). Next on the way: server.ts for gRPC, plain.ts for the rest.

import { createServer as createHttp1 } from "node:http";
import { createServer as createListener, type Socket } from "node:net";
import { createServer as createTls, TLSSocket } from "node:tls";
import type { Clock } from "#lib";
import { exchangeHttp1 } from "../exchange.ts";
import type { ClientCertificate, HttpHandler, SocketPeer } from "../http.ts";
import { Http2Connection } from "../http2/connection.ts";
import type { Server } from "../server.ts";
import { answerPlain } from "./plain.ts";
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

const firstBytesMs = 10_000;

function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as unknown as Record<string, string | string[]> | undefined;
  if (!subject) return undefined;
  const several = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
  return { commonName: several(subject["CN"])[0] ?? "", organizations: several(subject["O"]) };
}

function peerOf(socket: Socket): SocketPeer {
  const certificate = socket instanceof TLSSocket ? certificateOf(socket) : undefined;
  return { address: socket.remoteAddress ?? "", ...(certificate ? { certificate } : {}) };
}

/** What happens to a socket once it is as it should be: its first bytes say which HTTP it speaks. */
function acceptor(options: ServeGrpcOptions, connections: Set<Http2Connection>): (socket: Socket) => void {
  const { services, http, clock } = options;
  const http1 = createHttp1((incoming, outgoing) => {
    exchangeHttp1(incoming, outgoing, peerOf(incoming.socket), http, services.log).catch(() => outgoing.destroy());
  });
  const http2 = (socket: Socket): void => {
    const peer = peerOf(socket);
    const connection: Http2Connection = new Http2Connection({
      socket,
      stream: (stream) => (isGrpc(stream.headers) ? answerGrpc(stream, peer, services) : answerPlain(stream, peer, http, services.log)),
      closed: () => connections.delete(connection),
    });
    connections.add(connection);
  };
  return (socket) => {
    const late = clock.after(firstBytesMs, () => socket.destroy());
    socket.once("close", () => late.cancel());
    socket.once("data", (first: Buffer) => {
      late.cancel();
      socket.pause();
      socket.unshift(first);
      // `PRI` and no method of HTTP/1.1 begins so; three bytes come in one segment.
      if (first.toString("latin1", 0, 3) === "PRI") http2(socket);
      else http1.emit("connection", socket);
      socket.resume();
    });
  };
}

function secured({ tls, services }: ServeGrpcOptions, accept: (socket: Socket) => void): (socket: Socket) => void {
  if (!tls) return accept;
  const server = createTls({
    key: tls.key,
    cert: tls.cert,
    ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
    ALPNProtocols: ["h2", "http/1.1"],
    minVersion: "TLSv1.2",
    handshakeTimeout: firstBytesMs,
  });
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    accept(socket);
  });
  server.on("tlsClientError", (error) => services.log.debug("TLS handshake failed", { error: error.message }));
  return (socket) => void server.emit("connection", socket);
}

export async function serveGrpc(options: ServeGrpcOptions): Promise<Server> {
  const sockets = new Set<Socket>();
  const connections = new Set<Http2Connection>();
  const accept = secured(options, acceptor(options, connections));
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
      for (const connection of connections) connection.goAway();
      const cut = options.clock.after(graceMs, () => sockets.forEach((socket) => socket.destroy()), { hold: true });
      await closed;
      cut.cancel();
    },
  };
}
