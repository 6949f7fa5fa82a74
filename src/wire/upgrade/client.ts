// Asks a server to turn a connection into another protocol: the other end of server.ts.
// Invariant: one connection per call, never reused; connecting and the answer's head are bounded; a refusal comes back with its body.
// Called by: compose's way to the kubelet, cri's way to the runtime's streaming server. Next on the way: spdy/, join.ts.

import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { Clock } from "#lib";
import { type HttpHeaders, readAll } from "../http.ts";

export interface UpgradeOptions {
  /** `https://host:port` or `http://host:port`. */
  readonly server: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** With `connection` and `upgrade`. */
  readonly headers: HttpHeaders;
  /** PEM. For https; without it, whoever answers is believed. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface UpgradeResult {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** The refusal's; empty with 101. */
  readonly body: Buffer;
  /** The connection, when status is 101. */
  readonly socket?: Duplex;
}

const refusalLimitBytes = 1 << 20;
const notPassedOn = new Set(["host", "content-length", "transfer-encoding"]);

function plain(headers: HttpHeaders): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !notPassedOn.has(name)) result[name] = typeof value === "string" ? value : [...value];
  return result;
}

export function upgrade(options: UpgradeOptions): Promise<UpgradeResult> {
  const { server, method, target, headers, tls, clock, timeoutMs, signal } = options;
  const url = new URL(server);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const common = { hostname, port: url.port, method, path: target, headers: plain(headers), agent: false as const };
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === "https:" ? httpsRequest({ ...common, ...(tls ?? { rejectUnauthorized: false }) }) : httpRequest(common);
    const give = (reason: Error): void => void outgoing.destroy(reason);
    const timer = clock.after(timeoutMs, () => give(new Error(`no answer from ${url.host} within ${timeoutMs} ms`)));
    const abort = (): void => give(new Error("the caller has gone"));
    const settled = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", abort);
    };
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    outgoing.on("error", (error) => {
      settled();
      reject(error);
    });
    outgoing.on("upgrade", (answer: IncomingMessage, socket, head: Buffer) => {
      settled();
      socket.on("error", () => undefined);
      if (head.length > 0) socket.unshift(head);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.alloc(0), socket });
    });
    outgoing.on("response", (answer) => {
      readAll(answer, refusalLimitBytes).then(
        (body) => {
          settled();
          outgoing.destroy();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
        },
        (error: unknown) => give(error as Error),
      );
    });
    outgoing.end();
  });
}
