// The door of wire/: HTTP over sockets and in process, TLS, certificates.
// Invariant: no Kubernetes kind is known here; what travels is method, target, headers and bytes.

export { AcceptGate, type AcceptLimits } from "./accept.ts";
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
