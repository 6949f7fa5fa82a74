// One HTTP/1.1 request handed on to somebody else's server, its body and the answer's as they come.
// Invariant: one connection per request, never reused; only connecting is bounded, for a stream may take for ever; letting go of the
//   answer's body, or the caller's going, closes the connection.
// Called by: compose's ways out of the API server (proxies of pods, services and nodes). Next on the way: dialtext.ts, what went wrong.

import { request as httpRequest, type IncomingMessage, type ClientRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "#lib";
import type { HttpHeaders, HttpResponse } from "./http.ts";

export interface ForwardOptions {
  /** `https://host:port` or `http://host:port`. */
  readonly server: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** `host` is sent as it stands here. */
  readonly headers: HttpHeaders;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** PEM. Without it, whoever answers is believed. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Nobody came to the telephone in time. */
export class ConnectTimeout extends Error {
  override name = "ConnectTimeout";
  readonly code = "ETIMEDOUT";
}

function plain(headers: HttpHeaders): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) result[name] = typeof value === "string" ? value : [...value];
  return result;
}

function open({ server, method, target, headers, tls }: ForwardOptions): ClientRequest {
  const url = new URL(server);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const common = { hostname, method, path: target, headers: plain(headers), agent: false as const, ...(url.port && { port: url.port }) };
  if (url.protocol === "https:") return httpsRequest({ ...common, ...(tls ?? { rejectUnauthorized: false }) });
  return httpRequest(common);
}

async function send(body: AsyncIterable<Uint8Array> | undefined, outgoing: ClientRequest): Promise<void> {
  for await (const chunk of body ?? []) {
    if (outgoing.destroyed) return;
    if (!outgoing.headersSent && !outgoing.hasHeader("content-length")) outgoing.setHeader("transfer-encoding", "chunked");
    if (outgoing.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const on = (): void => {
        outgoing.off("drain", on).off("close", on);
        resolve();
      };
      outgoing.on("drain", on).on("close", on);
    });
  }
  outgoing.end();
}

export function forward(options: ForwardOptions): Promise<HttpResponse> {
  const { clock, connectTimeoutMs, signal, body } = options;
  return new Promise((resolve, reject) => {
    const outgoing = open(options);
    const give = (reason: Error): void => void outgoing.destroy(reason);
    const timer = clock.after(connectTimeoutMs, () => give(new ConnectTimeout(`no connection within ${connectTimeoutMs} ms`)));
    const abort = (): void => give(new Error("the caller has gone"));
    outgoing.on("socket", (socket) => socket.once("connect", () => timer.cancel()));
    outgoing.on("close", () => {
      timer.cancel();
      signal?.removeEventListener("abort", abort);
    });
    outgoing.on("error", reject);
    outgoing.on("response", (answer: IncomingMessage) => {
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer });
    });
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    send(body, outgoing).catch(give);
  });
}
