// The door of wire/: HTTP over sockets and in process, TLS, certificates.
// Invariant: no Kubernetes kind is known here; what travels is method, target, headers and bytes.

export { AcceptGate, type AcceptLimits } from "./accept.ts";
export {
  connectGrpc,
  type GrpcChannel,
  type GrpcChannelOptions,
  type GrpcClientStream,
  type GrpcStreamSink,
  Unsent,
} from "./grpc/channel.ts";
export { serveGrpc, type ServeGrpcOptions } from "./grpc/listen.ts";
export type { GrpcCall, GrpcMethod, GrpcServices, GrpcStream } from "./grpc/server.ts";
export { type GrpcCode, GrpcError } from "./grpc/status.ts";
export { dialText } from "./dialtext.ts";
export { ConnectTimeout, forward, type ForwardOptions } from "./forward.ts";
export {
  type ClientCertificate,
  type HttpHandler,
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  header,
  readAll,
  type SocketPeer,
} from "./http.ts";
export { type CertificateAndKey, createCa, createSigningKey, type IssueRequest, issue } from "./pki/certificates.ts";
export { type ServeOptions, type Server, serve } from "./server.ts";
export { SpdyConnection, type SpdyOptions } from "./spdy/connection.ts";
export type { SpdyHeaders } from "./spdy/headers.ts";
export type { SpdyStream } from "./spdy/stream.ts";
export { upgrade, type UpgradeOptions, type UpgradeResult } from "./upgrade/client.ts";
export { join } from "./upgrade/join.ts";
export { listed, upgradeWanted } from "./upgrade/server.ts";
export { WebSocketChannels } from "./websocket/channels.ts";
export { WebSocketConnection, type WebSocketOptions } from "./websocket/connection.ts";
export { acceptHeaders, type WebSocketOffer, webSocketOffer } from "./websocket/handshake.ts";
export { webSocketTunnel } from "./websocket/tunnel.ts";
