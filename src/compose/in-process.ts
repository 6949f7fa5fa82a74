// The transport without a socket: the same bytes, the same pipeline, entered under an identity that no header can express.
// Invariant: requests are handed over in later macrotasks, a few milliseconds of them at a time, so that components in the same process starve nobody.
// Called by: control-plane.ts for controllers and scheduler. Next on the way: apiserver's pipeline, at authenticate.

import type { Transport, TransportRequest, TransportResponse } from "#client";
import { type Clock, Pacer } from "#lib";
import type { HttpHandler, HttpResponse, SocketPeer } from "#wire";

const peer: SocketPeer = { address: "in-process" };

async function* bytes(body: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (body && body.byteLength > 0) yield body;
}

/** Ends the pull when the caller gives up, as a closed socket would. */
function pulled(body: HttpResponse["body"], signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (body === undefined || body instanceof Uint8Array) return bytes(body);
  return {
    [Symbol.asyncIterator]() {
      const iterator = body[Symbol.asyncIterator]();
      const { promise: aborted, reject } = Promise.withResolvers<never>();
      aborted.catch(() => undefined);
      const abort = (): void => {
        reject(signal.reason);
        void Promise.resolve(iterator.return?.()).catch(() => undefined);
      };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      const done = (): void => signal.removeEventListener("abort", abort);
      return {
        async next() {
          const result = await Promise.race([iterator.next(), aborted]);
          if (result.done) done();
          return result;
        },
        async return() {
          done();
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

export interface InProcess {
  /** A transport that speaks as whoever `handler` was made for. */
  transportFor(handler: HttpHandler, userAgent: string): Transport;
}

export function inProcess(clock: Clock): InProcess {
  const pacer = new Pacer(clock);
  return {
    transportFor(handler, userAgent) {
      const closing = new AbortController();
      return {
        async request(request: TransportRequest): Promise<TransportResponse> {
          const signal = request.signal ? AbortSignal.any([request.signal, closing.signal]) : closing.signal;
          await pacer.turn();
          signal.throwIfAborted();
          const response = await handler({
            method: request.method,
            target: request.target,
            headers: { "user-agent": userAgent, ...request.headers },
            body: bytes(request.body),
            peer,
            signal,
          });
          return { status: response.status, headers: response.headers, body: pulled(response.body, signal) };
        },
        close: () => closing.abort(new Error("transport is closed")),
      };
    },
  };
}
