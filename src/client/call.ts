// One request to the API server: headers that carry trace and causes, a bound on time, and failures as ApiError.
// Invariant: a call either returns its parsed answer or throws; an answer of 400 and above is always an ApiError with a Status.
// Called by: typed.ts. Next on the way: lines.ts, for answers that never end.

import { ApiError, type Status } from "#api";
import { type Clock, delay, formatTraceparent } from "#lib";
import { header, type HttpHeaders, readAll } from "#wire";
import type { WriteContext } from "./objects.ts";
import type { Transport, TransportResponse } from "./transport.ts";

/** Upstream keeps at most eight causes; more than that explains nothing. */
const causesLimit = 8;
const answerLimitBytes = 512 * 1024 * 1024;
const statusLimitBytes = 1024 * 1024;
const attemptsLimit = 6;

export interface Call {
  readonly method: string;
  readonly target: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: HttpHeaders;
  readonly context?: WriteContext | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

export interface CallerOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Becomes the field manager up to its first `/`. */
  readonly userAgent?: string;
  readonly timeoutMs?: number;
  /** Answers without field ownership, from an API server that knows how: for who only looks and writes. What is written without it keeps its owners. */
  readonly bare?: boolean;
}

export function contextHeaders(context: WriteContext | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (context?.span) headers["traceparent"] = formatTraceparent(context.span);
  if (context?.causes?.length) headers["baggage"] = `dhow.cause=${context.causes.slice(0, causesLimit).join(",")}`;
  return headers;
}

const reasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** The Status of a failed answer; something between us and the server (or a bug there) may answer with anything else. */
export function failure(code: number, body: Buffer): ApiError {
  try {
    const status = JSON.parse(body.toString("utf8")) as Status;
    if (status.kind === "Status") return new ApiError(status);
  } catch {
    // Not JSON: the words below say what is known.
  }
  const text = body.subarray(0, 2048).toString("utf8");
  const message = `the server answered ${code} without a Status${text === "" ? "" : `: ${text}`}`;
  return new ApiError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: reasons[code] ?? "Unknown",
    code,
  });
}

/** Runs one request after another on a transport; knows nothing of resources. */
export class Caller {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #userAgent: string | undefined;
  readonly #timeoutMs: number;
  readonly #bare: boolean;

  constructor(options: CallerOptions) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#userAgent = options.userAgent;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#bare = options.bare ?? false;
  }

  /** The parsed answer. */
  async json(call: Call): Promise<unknown> {
    return parse(await this.#answer(call));
  }

  /** Only that it succeeded. */
  async unread(call: Call): Promise<void> {
    await this.#answer(call);
  }

  /** A server that asks for patience (429 or 503 with Retry-After) is asked again, a bounded number of times. */
  async #answer(call: Call): Promise<Buffer> {
    for (let attempt = 1; ; attempt++) {
      const { abort, release } = this.#bounded(call);
      try {
        const response = await this.#send(call, abort);
        if (response.status < 400) return await (response.whole?.(answerLimitBytes) ?? readAll(response.body, answerLimitBytes));
        const error = failure(response.status, await readAll(response.body, statusLimitBytes));
        const seconds = Number(header(response.headers, "retry-after"));
        if (!(seconds > 0) || attempt === attemptsLimit || (response.status !== 429 && response.status !== 503)) throw error;
        release();
        await delay(this.#clock, Math.min(seconds, 30) * 1000, call.signal);
      } finally {
        release();
      }
    }
  }

  /** The open answer, for watches and logs: the body is the caller's, and its signal ends it. */
  async stream(call: Call): Promise<TransportResponse> {
    const { abort, release } = this.#bounded(call);
    try {
      const response = await this.#send(call, abort);
      if (response.status < 400) return response;
      throw failure(response.status, await readAll(response.body, statusLimitBytes));
    } finally {
      release(true);
    }
  }

  /** A signal that also fires when the answer takes too long. `release(true)` stops the timer but stays bound to the caller's signal. */
  #bounded(call: Call): { abort: AbortSignal; release: (keep?: boolean) => void } {
    const controller = new AbortController();
    const timeoutMs = call.timeoutMs ?? this.#timeoutMs;
    const timer = this.#clock.after(timeoutMs, () => {
      controller.abort(ApiError.timeout(`no answer to ${call.method} ${call.target} within ${timeoutMs} ms`, 1));
    });
    const follow = (): void => controller.abort(call.signal?.reason);
    if (call.signal?.aborted) follow();
    call.signal?.addEventListener("abort", follow, { once: true });
    return {
      abort: controller.signal,
      release(keep = false) {
        timer.cancel();
        if (!keep) call.signal?.removeEventListener("abort", follow);
      },
    };
  }

  #send(call: Call, signal: AbortSignal): Promise<TransportResponse> {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const headers: Record<string, string | readonly string[] | undefined> = {
      accept: call.accept ?? "application/json",
      ...(body ? { "content-type": call.contentType ?? "application/json" } : {}),
      ...(this.#userAgent === undefined ? {} : { "user-agent": this.#userAgent }),
      ...(this.#bare ? { "dhow-answer": "bare" } : {}),
      ...contextHeaders(call.context),
      ...call.headers,
    };
    return this.#transport.request({ method: call.method, target: call.target, headers, signal, ...(body ? { body } : {}) });
  }
}

function parse(body: Buffer): unknown {
  return body.length === 0 ? undefined : JSON.parse(body.toString("utf8"));
}
