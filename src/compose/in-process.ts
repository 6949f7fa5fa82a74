// The transport without a socket: the same bytes, the same pipeline, entered under an identity that no header can express.
// Invariant: requests are handed over in later macrotasks, a few milliseconds of them at a time, so that components in the same process starve nobody.
// Called by: control-plane.ts for controllers and scheduler. Next on the way: apiserver's pipeline, at authenticate.

import { sharedLines, type Transport, type TransportRequest, type TransportResponse } from "#client";
import { type Clock, Pacer } from "#lib";
import type { HttpHandler, HttpHeaders, SocketPeer } from "#wire";

const peer: SocketPeer = { address: "in-process" };

async function* bytes(body: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (body && body.byteLength > 0) yield body;
}

/** Ends the pull when the caller gives up, as a closed socket would. */
function pulled(body: AsyncIterable<Uint8Array>, signal: AbortSignal, end: () => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = body[Symbol.asyncIterator]();
      let waiting: ((reason: unknown) => void) | undefined;
      const abort = (): void => {
        waiting?.(signal.reason);
        end();
        void Promise.resolve(iterator.return?.()).catch(() => undefined);
      };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      const done = (): void => {
        signal.removeEventListener("abort", abort);
        end();
      };
      return {
        // Not Promise.race with one promise for all pulls: a watch of hours would leave a reaction there at each.
        next: () =>
          new Promise((resolve, reject) => {
            if (signal.aborted) return reject(signal.reason);
            waiting = reject;
            iterator.next().then((result) => {
              if (result.done) done();
              resolve(result);
            }, reject);
          }),
        async return() {
          done();
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Lines that several watches share are parsed once: they have to come as they are. */
function wholeLines(headers: HttpHeaders | undefined): HttpHeaders {
  const asked = headers?.["dhow-watch"];
  return typeof asked === "string" ? { "dhow-watch": `${asked}, lines` } : {};
}

export interface InProcess {
  /** A transport that speaks as whoever `handler` was made for. */
  transportFor(handler: HttpHandler, userAgent: string): Transport;
}

export function inProcess(clock: Clock): InProcess {
  const pacer = new Pacer(clock);
  const parseLine = sharedLines();
  return {
    transportFor(handler, userAgent) {
      const open = new Set<AbortController>();
      let closed: Error | undefined;
      return {
        async request(request: TransportRequest): Promise<TransportResponse> {
          const controller = new AbortController();
          const { signal } = controller;
          const follow = (): void => controller.abort(request.signal?.reason);
          if (closed) controller.abort(closed);
          else if (request.signal?.aborted) follow();
          request.signal?.addEventListener("abort", follow, { once: true });
          open.add(controller);
          const end = (): void => {
            open.delete(controller);
            request.signal?.removeEventListener("abort", follow);
          };
          try {
            await pacer.turn();
            signal.throwIfAborted();
            const { method, target } = request;
            const headers = { "user-agent": userAgent, ...request.headers, ...wholeLines(request.headers) };
            const response = await handler({ method, target, headers, body: bytes(request.body), peer, signal });
            const { status, body } = response;
            if (body !== undefined && !(body instanceof Uint8Array))
              return { status, headers: response.headers, body: pulled(body, signal, end), parseLine };
            end();
            return { status, headers: response.headers, body: bytes(body) };
          } catch (error) {
            end();
            throw error;
          }
        },
        close() {
          closed = new Error("transport is closed");
          for (const controller of open) controller.abort(closed);
        },
      };
    },
  };
}
