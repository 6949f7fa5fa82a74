// How a component reaches the cluster: bytes out, bytes back, over HTTPS or in process.
// Invariant: both ways carry the same request and meet the same pipeline; no component can tell them apart.
// Implemented by: client/https.ts (sockets) and compose/ (in process). Next on the way: typed.ts, the client on top.

import type { HttpHeaders } from "#wire";
import type { ParseLine } from "./lines.ts";

export interface TransportRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: HttpHeaders;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Pulled; abort the request's signal or `return()` the iterator to let go. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body at once, where that is cheaper than pulling it; instead of `body`. Rejects with a RangeError beyond the limit. */
  readonly whole?: (limitBytes: number) => Promise<Buffer>;
  /** How a line of this body becomes an object, where that has a shorter way than JSON.parse. */
  readonly parseLine?: ParseLine;
}

export interface Transport {
  request(request: TransportRequest): Promise<TransportResponse>;
  close(): void;
}
