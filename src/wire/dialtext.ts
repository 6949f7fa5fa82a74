// What went wrong on the way to a server, in the words of Go's net package: people search for them, and clients match them.
// Invariant: total: what it does not know it says as it is.
// Called by: whoever answers somebody else's failure to a client (the API server's proxies). Next on the way: forward.ts.

const refusals: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EADDRNOTAVAIL: "connect: cannot assign requested address",
  ETIMEDOUT: "i/o timeout",
};

/** `server`: `http://host:port`. */
export function dialText(error: unknown, server: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const known = typeof code === "string" && Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (known !== undefined) {
    const { protocol, host, port } = new URL(server);
    const full = port === "" ? `${host}:${protocol === "https:" ? 443 : 80}` : host;
    return `dial tcp ${full}: ${known}`;
  }
  if (code === "ECONNRESET") return "EOF";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG" || code === "EPROTO")
    return "tls: first record does not look like a TLS handshake";
  return error.message;
}
