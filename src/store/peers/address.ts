// Where a member listens or is found: an http or https URL, as etcd's flags and tables have them; and how to dial it.
// Invariant: https is TLS with the member's own certificate shown; http is neither.
// Called by: link.ts, inbox.ts, ask.ts. Next on the way: link.ts.

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** PEM, by etcd's --peer-cert-file, --peer-key-file, --peer-trusted-ca-file, --peer-client-cert-auth. */
export interface PeerTls {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
  /** Refuse members without a certificate of `ca`. */
  readonly requireCertificate: boolean;
}

export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

const defaultPort = 2380;

export function addressOf(url: string): PeerAddress {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? defaultPort : Number(port), secure: protocol === "https:" };
}

/** Calls `ready` once when the connection, TLS included, stands. Errors are the socket's own. */
export function dial(url: string, tls: PeerTls | undefined, ready: () => void): Socket {
  const { host, port, secure } = addressOf(url);
  const socket = secure
    ? connectTls({ host, port, ...(tls ? { key: tls.key, cert: tls.cert } : {}), ...(tls?.ca ? { ca: tls.ca } : {}) }, ready)
    : connect({ host, port }, ready);
  socket.setNoDelay(true);
  return socket;
}
